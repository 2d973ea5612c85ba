-- What technicians' orders came to, by technician and month of completion: counts to be summed and divided once.
--
-- field_repairs: repairs on site whose 30 days have passed, first_fixes those fixed at the first visit without a sequel (as in first_time_fix_rate);
-- work_hours: arrival to completion of repairs on site, each counted with 24 hours at most, `worked` their number. promised: orders
-- submitted at least 7 days before the cut-off, kept_7d those completed within 7 days. Orders without a technician are left out.
SELECT
    business_unit, technician_id, CAST(date_trunc('month', completed_at) AS TIMESTAMP) AS worked_in, product_line, fault_code,
    count(*) AS orders,
    count(*) FILTER (is_field_repair AND completed_at + INTERVAL 30 DAY <= cutoff()) AS field_repairs,
    count(*) FILTER (is_field_repair AND completed_at + INTERVAL 30 DAY <= cutoff()
        AND visits = 1 AND NOT coalesce(next_related_at < completed_at + INTERVAL 30 DAY, false)) AS first_fixes,
    coalesce(sum(least(epoch(completed_at - arrived_at) / 3600, 24)) FILTER (is_field_repair AND arrived_at <= completed_at), 0)
        AS work_hours,
    count(*) FILTER (is_field_repair AND arrived_at <= completed_at) AS worked,
    count(*) FILTER (submitted_at + INTERVAL 7 DAY <= cutoff()) AS promised,
    count(*) FILTER (submitted_at + INTERVAL 7 DAY <= cutoff() AND completed_at < submitted_at + INTERVAL 7 DAY) AS kept_7d
FROM order_sequels
WHERE technician_id <> 'unknown'
GROUP BY ALL
