-- What technicians' orders came to, by technician and month of completion: counts to be summed and divided once.
--
-- field_repairs: repairs on site whose 30 days have passed, first_fixes those fixed at the first visit without a sequel (as in first_time_fix_rate);
-- work_hours: arrival to completion of repairs on site, each counted with 24 hours at most, `worked` their number. promised: orders
-- submitted at least 7 days before the cut-off, kept_7d those completed within 7 days. Orders without a technician are left out.
WITH fixed AS (
    SELECT
        technician_id, work_order_id, business_unit, completed_at, product_line, fault_code,
        is_field_repair AND completed_at + INTERVAL 30 DAY <= cutoff() AS counts,
        visits = 1 AND NOT coalesce(next_related_at < completed_at + INTERVAL 30 DAY, false) AS first_fix,
        is_field_repair
    FROM order_sequels
    WHERE technician_id <> 'unknown'
)
SELECT
    fixed.business_unit, fixed.technician_id, CAST(date_trunc('month', fixed.completed_at) AS TIMESTAMP) AS worked_in,
    fixed.product_line, fixed.fault_code,
    count(*) AS orders,
    count(*) FILTER (fixed.counts) AS field_repairs,
    count(*) FILTER (fixed.counts AND fixed.first_fix) AS first_fixes,
    coalesce(sum(least(epoch(o.completed_at - o.arrived_at) / 3600, 24)) FILTER (fixed.is_field_repair AND o.arrived_at <= o.completed_at), 0)
        AS work_hours,
    count(*) FILTER (fixed.is_field_repair AND o.arrived_at <= o.completed_at) AS worked,
    count(*) FILTER (o.submitted_at + INTERVAL 7 DAY <= cutoff()) AS promised,
    count(*) FILTER (o.submitted_at + INTERVAL 7 DAY <= cutoff() AND o.completed_at < o.submitted_at + INTERVAL 7 DAY) AS kept_7d
FROM fixed
JOIN orders AS o USING (work_order_id)
GROUP BY ALL
