-- Visits with an agreed window, of orders that are measured.
SELECT
    visits.visit_id, orders.business_unit, visits.window_start, visits.window_end, visits.arrived_at,
    coalesce(visits.technician_id, 'unknown') AS technician_id,
    orders.product_line, orders.work_order_type, orders.priority, orders.region
FROM visits
JOIN orders USING (work_order_id)
WHERE visits.window_start IS NOT NULL AND visits.window_end IS NOT NULL
