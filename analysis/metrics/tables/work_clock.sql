-- The working days with their hours and how many working seconds lie before each, so that a deadline in business hours is a look-up.
-- A working day without hours is worked around the clock.
WITH worked AS (
    SELECT
        CAST(date AS TIMESTAMP) AS day,
        CAST(date AS TIMESTAMP) + coalesce(epoch(TRY_CAST(opens_at AS TIME)), 0) * INTERVAL 1 SECOND AS opens,
        CAST(date AS TIMESTAMP) + coalesce(epoch(TRY_CAST(closes_at AS TIME)), 86400) * INTERVAL 1 SECOND AS closes
    FROM calendar
    WHERE is_workday
)
SELECT
    day, opens, epoch(closes - opens) AS seconds,
    sum(epoch(closes - opens)) OVER (ORDER BY day) - epoch(closes - opens) AS seconds_before,
    sum(epoch(closes - opens)) OVER (ORDER BY day) AS seconds_after
FROM worked
WHERE closes > opens
