-- Every day of the calendar with its opening, its working seconds and how many lie before it, so that the working time up to any moment is a
-- look-up by its day: seconds_before plus what has passed since the opening, at most the day's own.
-- A working day without hours is worked around the clock; a day that is none, or that closes before it opens, has no seconds.
WITH hours AS (
    SELECT
        date AS day,
        CAST(date AS TIMESTAMP) + coalesce(epoch(TRY_CAST(opens_at AS TIME)), 0) * INTERVAL 1 SECOND AS opens,
        CASE WHEN is_workday
            THEN greatest(coalesce(epoch(TRY_CAST(closes_at AS TIME)), 86400) - coalesce(epoch(TRY_CAST(opens_at AS TIME)), 0), 0)
            ELSE 0
        END AS seconds
    FROM calendar
)
SELECT day, opens, seconds, sum(seconds) OVER (ORDER BY day) - seconds AS seconds_before
FROM hours
