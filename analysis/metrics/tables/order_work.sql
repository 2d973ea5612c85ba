-- Completed orders with how much work their kind usually is: 1 is an average order. A day of long repairs and a day of short ones can then
-- be compared.
--
-- weight: mean hours on site and travelling of the kind (type of work and service mode) in all the data ÷ mean over all orders. A visit
-- counts with 8 hours at most: it may stand open over night. Remote orders: recorded remote hours ÷ remote orders. A kind whose hours are not
-- known weighs 1. The weights are those of the whole company, the same in every month: only the mix moves the figure.
WITH done AS (
    SELECT * FROM orders WHERE completed_at IS NOT NULL
), visited AS (
    SELECT
        visits.work_order_id,
        sum(least(greatest(epoch(visits.left_at - visits.arrived_at), 0) / 3600, 8) + coalesce(visits.travel_minutes, 0) / 60) AS hours
    FROM visits
    WHERE visits.left_at IS NOT NULL
    GROUP BY visits.work_order_id
), kind AS (
    SELECT done.work_order_type, done.service_mode, avg(visited.hours) AS hours, count(*) AS orders
    FROM done
    LEFT JOIN visited USING (work_order_id)
    GROUP BY ALL
), remote AS (
    SELECT sum(remote_hours) / nullif((SELECT count(*) FROM done WHERE service_mode = 'remote'), 0) AS hours FROM technician_time
), known AS (
    SELECT
        work_order_type, service_mode, orders,
        CASE WHEN service_mode = 'remote' THEN coalesce(nullif((SELECT hours FROM remote), 0), hours) ELSE hours END AS hours
    FROM kind
), weighed AS (
    SELECT work_order_type, service_mode, hours / (SELECT sum(hours * orders) / sum(orders) FROM known WHERE hours IS NOT NULL) AS weight
    FROM known
)
SELECT
    done.business_unit, done.work_order_id, done.completed_at, coalesce(weighed.weight, 1) AS weight,
    done.work_order_type, done.product_line, done.technician_id, done.region, done.channel, done.customer_segment
FROM done
LEFT JOIN weighed USING (work_order_type, service_mode)
