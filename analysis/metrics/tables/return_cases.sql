-- Returns and exchanges as they are measured, with the names to break down by.
SELECT
    r.return_id, r.business_unit, r.kind, r.requested_at, r.received_at, r.inspected_at, r.refunded_at, r.refund,
    CASE WHEN r.kind = 'return' THEN r.requested_at END AS refund_asked_at,
    coalesce(r.reason, 'unknown') AS reason,
    coalesce(r.policy_version, 'unknown') AS policy_version,
    coalesce(r.product_id, u.product_id, 'unknown') AS product_id,
    coalesce(products.product_line, 'unknown') AS product_line,
    coalesce(p.channel, 'unknown') AS channel,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(customers.region, 'unknown') AS region
FROM returns AS r
LEFT JOIN installed_units AS u ON u.serial_no = r.serial_no
LEFT JOIN purchases AS p ON p.purchase_id = r.purchase_id
LEFT JOIN products ON products.product_id = coalesce(r.product_id, u.product_id)
LEFT JOIN customers ON customers.customer_id = r.customer_id
