-- Purchases with what came back of them within 60 days; where the data have no purchases, units by their day of sale. Only sales since
-- the first return that the data know: what came back before is unknown.
WITH bought AS (
    SELECT purchase_id, CAST(NULL AS VARCHAR) AS serial_no, business_unit, customer_id, product_id, channel, purchased_at, revenue
    FROM purchases
    UNION ALL BY NAME
    SELECT serial_no, business_unit, customer_id, product_id, CAST(coalesce(sold_on, in_service_on) AS TIMESTAMP) AS purchased_at
    FROM installed_units
    WHERE NOT EXISTS (SELECT 1 FROM purchases)
), came_back AS (
    SELECT
        bought.purchase_id, bought.serial_no,
        bool_or(r.kind = 'return') AS returned,
        bool_or(r.kind = 'exchange') AS exchanged,
        sum(r.refund) AS refund
    FROM returns AS r
    JOIN bought
        ON coalesce(bought.purchase_id, bought.serial_no) = CASE WHEN bought.purchase_id IS NULL THEN r.serial_no ELSE r.purchase_id END
    WHERE r.requested_at >= bought.purchased_at AND r.requested_at < bought.purchased_at + INTERVAL 60 DAY
    GROUP BY ALL
)
SELECT
    b.business_unit, b.purchased_at, b.revenue, b.customer_id,
    coalesce(c.returned, false) AS returned,
    coalesce(c.exchanged, false) AS exchanged,
    coalesce(c.refund, 0) AS refund,
    coalesce(b.product_id, 'unknown') AS product_id,
    coalesce(products.product_line, 'unknown') AS product_line,
    coalesce(products.supplier, 'unknown') AS supplier,
    coalesce(b.channel, 'unknown') AS channel,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(customers.region, 'unknown') AS region
FROM bought AS b
LEFT JOIN came_back AS c ON coalesce(c.purchase_id, c.serial_no) = coalesce(b.purchase_id, b.serial_no)
LEFT JOIN products ON products.product_id = b.product_id
LEFT JOIN customers ON customers.customer_id = b.customer_id
WHERE b.purchased_at >= (SELECT CAST(CAST(min(requested_at) AS DATE) AS TIMESTAMP) FROM returns)
