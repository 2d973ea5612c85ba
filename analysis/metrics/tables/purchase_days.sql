-- What a customer bought on one day is one purchase: business unit, customer and day, what was paid and what it earned.
--
-- earned: the margin, less the share that was refunded; where a purchase does not say its margin, its revenue times the margin of the others;
-- where no purchase does, the revenue itself. A day of which all was refunded is no purchase.
-- first_on: the customer's first purchase ever, by the customers' table where that is earlier than the purchases we have.
WITH refunded AS (
    SELECT purchase_id, sum(refund) AS refund
    FROM returns
    WHERE kind = 'return' AND purchase_id IS NOT NULL AND requested_at <= cutoff()
    GROUP BY ALL
), margins AS (
    SELECT coalesce(sum(margin) / nullif(sum(revenue) FILTER (WHERE margin IS NOT NULL), 0), 1) AS share FROM purchases
), bought AS (
    SELECT
        p.business_unit, p.customer_id, CAST(p.purchased_at AS DATE) AS day, p.purchased_at, p.purchase_id, p.revenue, p.channel, p.personalised,
        p.product_id,
        coalesce(p.margin, p.revenue * margins.share) AS margin,
        CASE WHEN p.revenue > 0 THEN greatest(1 - coalesce(refunded.refund, 0) / p.revenue, 0) ELSE 1 END AS kept
    FROM purchases AS p
    CROSS JOIN margins
    LEFT JOIN refunded ON refunded.purchase_id = p.purchase_id
    WHERE p.customer_id IS NOT NULL AND p.purchased_at <= cutoff()
), days AS (
    SELECT
        bought.business_unit, bought.customer_id, day,
        sum(revenue * kept) AS revenue, sum(margin * kept) AS earned, max(kept) AS kept,
        arg_min(channel, (purchased_at, purchase_id)) AS channel, bool_or(personalised) AS personalised,
        arg_max(products.product_line, (bought.revenue, bought.purchase_id)) FILTER (WHERE bought.revenue IS NOT NULL) AS product_line
    FROM bought
    LEFT JOIN products ON products.product_id = bought.product_id
    GROUP BY ALL
    HAVING max(kept) > 0
)
SELECT
    days.business_unit, days.customer_id, days.day, days.revenue, days.earned,
    least(customers.first_purchase_on, min(days.day) OVER (PARTITION BY days.business_unit, days.customer_id)) AS first_on,
    coalesce(days.channel, 'unknown') AS channel,
    CASE WHEN days.personalised THEN 'personal_offer' WHEN NOT days.personalised THEN 'other_offer' ELSE 'unknown' END AS personalised,
    coalesce(days.product_line, 'unknown') AS product_line,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(customers.region, 'unknown') AS region,
    coalesce(customers.acquired_via, 'unknown') AS acquired_via
FROM days
LEFT JOIN customers ON customers.customer_id = days.customer_id
