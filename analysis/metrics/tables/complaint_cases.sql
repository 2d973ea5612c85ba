-- Complaints as they are measured: one moment at which each was settled, and the names to break down by.
SELECT
    c.complaint_id, c.business_unit, c.customer_id, c.work_order_id, c.received_at, c.first_reply_at,
    coalesce(c.resolved_at, c.closed_at) AS settled_at,
    c.is_justified, c.is_external,
    coalesce(c.category, 'unknown') AS category,
    coalesce(c.channel, 'unknown') AS channel,
    coalesce(c.severity, 'unknown') AS severity,
    coalesce(products.product_line, 'unknown') AS product_line,
    coalesce(c.product_id, 'unknown') AS product_id,
    coalesce(customers.region, 'unknown') AS region
FROM complaints AS c
LEFT JOIN products ON products.product_id = c.product_id
LEFT JOIN customers ON customers.customer_id = c.customer_id
