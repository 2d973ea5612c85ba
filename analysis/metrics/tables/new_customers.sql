-- Customers by the day of their first purchase; only those whose first purchase is among the purchases we have.
-- active_after_12_months: a purchase or a request for service in the tenth to twelfth month after it (days 275 to 365).
WITH arrived AS (
    SELECT * FROM purchase_days WHERE day = first_on
), later AS (
    SELECT DISTINCT a.business_unit, a.customer_id
    FROM arrived AS a
    JOIN customer_activity AS c USING (business_unit, customer_id)
    WHERE c.counts_as_gap AND c.day BETWEEN a.day + 275 AND a.day + 365
)
SELECT
    a.business_unit, a.customer_id, CAST(a.day AS TIMESTAMP) AS arrived_at,
    later.customer_id IS NOT NULL AS active_after_12_months,
    CASE WHEN customers.customer_id IS NOT NULL
        THEN customers.referred_by IS NOT NULL OR coalesce(customers.acquired_via = 'referral', false) END AS was_referred,
    a.product_line, a.customer_segment, a.region, a.channel, a.acquired_via
FROM arrived AS a
LEFT JOIN later ON later.business_unit = a.business_unit AND later.customer_id = a.customer_id
LEFT JOIN customers ON customers.customer_id = a.customer_id
