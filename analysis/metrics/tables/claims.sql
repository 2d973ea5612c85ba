-- Claims as they are counted, with the names to break down by.
SELECT
    e.business_unit, e.claimed_at, e.amount, e.product_id,
    coalesce(products.product_line, 'unknown') AS product_line,
    coalesce(products.supplier, 'unknown') AS supplier,
    coalesce(u.batch, 'unknown') AS batch,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(customers.region, 'unknown') AS region
FROM claim_events AS e
LEFT JOIN products ON products.product_id = e.product_id
LEFT JOIN installed_units AS u ON u.serial_no = e.serial_no
LEFT JOIN customers ON customers.customer_id = u.customer_id
