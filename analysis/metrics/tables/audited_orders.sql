-- Audits against the service standard, with what the audited order was about. An audit without points to win says nothing and is left out.
SELECT
    a.audit_id, a.business_unit, a.work_order_id, a.audited_at, a.points, a.applicable_points, a.critical_error,
    coalesce(o.product_line, 'unknown') AS product_line,
    coalesce(o.work_order_type, 'unknown') AS work_order_type,
    coalesce(o.service_mode, 'unknown') AS service_mode,
    coalesce(o.channel, 'unknown') AS channel,
    coalesce(o.technician_id, 'unknown') AS technician_id,
    coalesce(o.customer_segment, 'unknown') AS customer_segment,
    coalesce(o.region, 'unknown') AS region
FROM quality_audits AS a
LEFT JOIN orders AS o USING (work_order_id)
WHERE a.applicable_points > 0
