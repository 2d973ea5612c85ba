-- Parts used on orders, at cost, less good ones returned; in the month in which the part was at hand, else asked for, else of its order.
SELECT
    coalesce(u.business_unit, o.business_unit, 'unknown') AS business_unit, u.work_order_id, u.part_id,
    coalesce(u.available_at, u.requested_at, o.completed_at, o.submitted_at) AS used_at,
    greatest(u.quantity - coalesce(u.returned_good, 0), 0) AS net_quantity,
    greatest(u.quantity - coalesce(u.returned_good, 0), 0) * u.unit_cost AS net_cost,
    coalesce(u.supplier, 'unknown') AS supplier,
    coalesce(o.product_line, 'unknown') AS product_line
FROM parts_usage AS u
LEFT JOIN orders AS o ON o.work_order_id = u.work_order_id
