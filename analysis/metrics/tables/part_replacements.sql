-- Parts that repairs used up: parts returned in good order are no replacement. Dated by their request, else by the order.
SELECT
    p.work_order_id, p.part_id, orders.business_unit,
    coalesce(p.requested_at, orders.completed_at, orders.submitted_at) AS replaced_at,
    greatest(p.quantity - coalesce(p.returned_good, 0), 0) AS replaced,
    orders.product_line, orders.product_id, orders.fault_code,
    coalesce(p.supplier, 'unknown') AS supplier
FROM parts_usage AS p
JOIN orders USING (work_order_id)
