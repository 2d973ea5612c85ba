-- Completed orders with what they cost: what is booked on the order, whenever it was booked, and the order's share of the shared costs.
--
-- The rule: the costs of a business unit and month that are booked neither on an order nor on a return are spread evenly over the orders that
-- the unit completed in that month. An order without any booking has no known cost (not 0) and is left out, unless nothing at all is
-- booked on the unit's orders of that month: then each bears its share of the shared costs alone.
-- An order that is said to be completed without saying when is dated by its last booking.
-- parts_cost: parts used less good ones returned, at cost; what is booked as parts where the use of parts is not recorded.
WITH booked AS (
    SELECT
        work_order_id,
        sum(amount) AS direct_cost,
        CAST(max(incurred_on) AS TIMESTAMP) AS last_booked_at,
        coalesce(sum(amount) FILTER (cost_type = 'labour'), 0) AS labour_cost,
        sum(hours) FILTER (cost_type = 'labour') AS labour_hours,
        coalesce(sum(amount) FILTER (cost_type = 'parts'), 0) AS booked_parts,
        coalesce(sum(amount) FILTER (cost_type IN ('transport', 'warehouse')), 0) AS direct_logistics
    FROM costs
    WHERE work_order_id IS NOT NULL AND incurred_on <= cutoff()
    GROUP BY work_order_id
), used AS (
    SELECT work_order_id, sum(greatest(quantity - coalesce(returned_good, 0), 0) * unit_cost) AS used_parts
    FROM parts_usage
    GROUP BY work_order_id
), known AS (
    SELECT EXISTS (SELECT 1 FROM parts_usage WHERE unit_cost IS NOT NULL) AS parts_are_known
), shared AS (
    SELECT
        business_unit, CAST(date_trunc('month', incurred_on) AS DATE) AS month,
        sum(amount) AS shared_cost,
        coalesce(sum(amount) FILTER (cost_type IN ('transport', 'warehouse')), 0) AS shared_logistics
    FROM cost_lines
    WHERE cost_scope = 'shared'
    GROUP BY ALL
), dated AS (
    SELECT orders.* REPLACE (
        coalesce(completed_at, CASE WHEN status = 'completed' THEN booked.last_booked_at END) AS completed_at
    )
    FROM orders
    LEFT JOIN booked USING (work_order_id)
), done AS (
    SELECT *, CAST(date_trunc('month', completed_at) AS DATE) AS month FROM dated WHERE completed_at IS NOT NULL
), monthly AS (
    SELECT done.business_unit, done.month, count(*) AS orders, count(booked.work_order_id) AS booked_orders
    FROM done
    LEFT JOIN booked USING (work_order_id)
    GROUP BY ALL
), begun AS (
    SELECT business_unit, CAST(date_trunc('month', min(incurred_on)) AS DATE) AS first_month FROM costs GROUP BY business_unit
), rated AS (
    SELECT work_order_id, arg_max(score >= coalesce(scale_max, 5) - 1, (answered_at, survey_id)) AS is_satisfied
    FROM surveys
    WHERE instrument LIKE 'csat%' AND answered_at <= cutoff() AND work_order_id IS NOT NULL
    GROUP BY work_order_id
)
SELECT
    o.business_unit, o.work_order_id, o.completed_at,
    booked.work_order_id IS NOT NULL AS is_booked,
    CASE
        WHEN booked.work_order_id IS NOT NULL THEN booked.direct_cost + coalesce(shared.shared_cost, 0) / monthly.orders
        WHEN monthly.booked_orders = 0 THEN shared.shared_cost / monthly.orders
    END AS cost,
    booked.labour_cost, booked.labour_hours,
    CASE WHEN NOT known.parts_are_known THEN booked.booked_parts WHEN booked.work_order_id IS NOT NULL OR used.work_order_id IS NOT NULL
        THEN coalesce(used.used_parts, 0) END AS parts_cost,
    CASE
        WHEN booked.work_order_id IS NOT NULL THEN booked.direct_logistics + coalesce(shared.shared_logistics, 0) / monthly.orders
        WHEN monthly.booked_orders = 0 THEN shared.shared_logistics / monthly.orders
    END AS logistics_cost,
    rated.is_satisfied,
    repeat_orders.work_order_id IS NOT NULL AS is_repeat,
    o.product_line, o.product_id, o.fault_code, o.work_order_type, o.service_mode, o.channel, o.priority, o.customer_segment, o.region,
    o.in_warranty
FROM done AS o
JOIN begun ON begun.business_unit = o.business_unit AND begun.first_month <= o.month
JOIN monthly ON monthly.business_unit = o.business_unit AND monthly.month = o.month
CROSS JOIN known
LEFT JOIN booked ON booked.work_order_id = o.work_order_id
LEFT JOIN used ON used.work_order_id = o.work_order_id
LEFT JOIN shared ON shared.business_unit = o.business_unit AND shared.month = o.month
LEFT JOIN rated ON rated.work_order_id = o.work_order_id
LEFT JOIN repeat_orders ON repeat_orders.work_order_id = o.work_order_id
