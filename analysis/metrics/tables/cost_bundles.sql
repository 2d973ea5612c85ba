-- Costs as they belong together: all that is booked on an order in a month is one bundle, every other booking is one of its own; with what
-- of it is the price of poor service. An order's bookings hang together, so that an interval must count orders and not bookings.
--
-- Each coin counts once: goodwill wherever it is booked; then all else of an order that came back (repeat_orders); then, of an order that
-- did not, the part of its labour and transport that its second and later visits took, each visit counting the same.
WITH bundle AS (
    SELECT
        business_unit, CAST(date_trunc('month', incurred_on) AS DATE) AS month, work_order_id,
        CASE WHEN work_order_id IS NULL THEN cost_id END AS single,
        sum(amount) AS amount,
        coalesce(sum(amount) FILTER (cost_type = 'goodwill'), 0) AS goodwill,
        coalesce(sum(amount) FILTER (cost_type IN ('labour', 'transport')), 0) AS visiting,
        min(product_line) AS product_line, min(work_order_type) AS work_order_type, min(service_mode) AS service_mode,
        min(channel) AS channel, min(customer_segment) AS customer_segment, min(region) AS region
    FROM cost_lines
    GROUP BY ALL
), visited AS (
    SELECT work_order_id, count(*) AS visits FROM visits WHERE arrived_at <= cutoff() GROUP BY work_order_id
)
SELECT
    b.business_unit, b.month, b.amount, b.goodwill,
    CASE WHEN repeat_orders.work_order_id IS NOT NULL THEN b.amount - b.goodwill ELSE 0 END AS repeat_cost,
    CASE WHEN repeat_orders.work_order_id IS NULL AND coalesce(o.visits, visited.visits) > 1
        THEN b.visiting * (1 - 1.0 / coalesce(o.visits, visited.visits)) ELSE 0 END AS further_visits_cost,
    b.product_line, b.work_order_type, b.service_mode, b.channel, b.customer_segment, b.region
FROM bundle AS b
LEFT JOIN orders AS o ON o.work_order_id = b.work_order_id
LEFT JOIN visited ON visited.work_order_id = o.work_order_id
LEFT JOIN repeat_orders ON repeat_orders.work_order_id = b.work_order_id
