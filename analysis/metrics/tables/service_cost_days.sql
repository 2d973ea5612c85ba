-- What serving a customer cost, by business unit, customer and day: the costs that are booked on their work orders. Costs that nobody booked
-- on an order (warehouse, training) are not shared out.
SELECT o.business_unit, o.customer_id, c.incurred_on AS day, sum(c.amount) AS amount
FROM costs AS c
JOIN work_orders AS o ON o.work_order_id = c.work_order_id
WHERE o.customer_id IS NOT NULL AND c.incurred_on <= cutoff() AND NOT coalesce(o.is_test, false)
GROUP BY ALL
