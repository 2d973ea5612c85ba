-- Product revenue by purchase, with the names to break down by.
SELECT
    p.business_unit, p.purchase_id, p.purchased_at, p.revenue,
    coalesce(products.product_line, 'unknown') AS product_line,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(customers.region, 'unknown') AS region
FROM purchases AS p
LEFT JOIN products ON products.product_id = p.product_id
LEFT JOIN customers ON customers.customer_id = p.customer_id
WHERE p.purchased_at <= cutoff()
