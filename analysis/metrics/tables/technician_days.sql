-- Technicians' days as their time sheets tell: paid, productive (travel, on site, remote) and training hours.
--
-- productive_hours: the parts that are recorded; unknown where none is. A technician is in the unit of the time sheet. tenure: time since
-- hiring on that day.
SELECT
    t.business_unit, t.technician_id, CAST(t.date AS TIMESTAMP) AS worked_at,
    t.paid_hours, t.travel_hours, t.onsite_hours, t.remote_hours, t.training_hours,
    CASE WHEN coalesce(t.travel_hours, t.onsite_hours, t.remote_hours) IS NOT NULL
        THEN coalesce(t.travel_hours, 0) + coalesce(t.onsite_hours, 0) + coalesce(t.remote_hours, 0) END AS productive_hours,
    CASE isodow(t.date) WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday' WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday'
        WHEN 6 THEN 'Saturday' ELSE 'Sunday' END AS weekday,
    coalesce(s.grade, 'unknown') AS grade,
    CASE
        WHEN s.hired_on IS NULL OR t.date < s.hired_on THEN 'unknown'
        WHEN t.date < s.hired_on + INTERVAL 1 YEAR THEN 'under 1 year'
        WHEN t.date < s.hired_on + INTERVAL 3 YEAR THEN '1 to 3 years'
        ELSE '3 years and more'
    END AS tenure
FROM technician_time AS t
LEFT JOIN technicians AS s USING (technician_id)
WHERE t.date <= cutoff()
