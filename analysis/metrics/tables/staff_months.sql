-- Technicians in post by unit and month: each counts with the share of the month in which they were in post. From the first month in which
-- the unit has somebody on.
WITH month AS (
    SELECT CAST(unnest(generate_series(
        greatest(date_trunc('month', (SELECT min(hired_at) FROM staff WHERE hired_at > TIMESTAMP '1970-01-02')), TIMESTAMP '2000-01-01'),
        date_trunc('month', cutoff()), INTERVAL 1 MONTH)) AS DATE) AS month
), held AS (
    SELECT
        staff.business_unit, month.month, staff.grade,
        greatest(epoch(least(coalesce(staff.left_at, TIMESTAMP '2999-01-01'), month.month + INTERVAL 1 MONTH)
            - greatest(staff.hired_at, CAST(month.month AS TIMESTAMP))), 0)
            / epoch(month.month + INTERVAL 1 MONTH - CAST(month.month AS TIMESTAMP)) AS share
    FROM staff
    JOIN month ON staff.hired_at < month.month + INTERVAL 1 MONTH AND (staff.left_at IS NULL OR staff.left_at > month.month)
)
SELECT business_unit, month, grade, sum(share) AS units
FROM held
GROUP BY ALL
