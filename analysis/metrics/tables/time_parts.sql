-- Where the time of completed orders went: at work, waiting for a recorded reason, and the rest. One row an order and part; the parts of an
-- order add up to its time from submission to completion. Only orders that have recorded steps; time at work is never more than is left
-- beside the recorded waits.
WITH wait AS (
    SELECT work_order_id, pause_reason, epoch(least(ends_at, completed_at) - event_at) / 60 AS minutes
    FROM (
        SELECT work_order_id, event, event_at, completed_at, coalesce(pause_reason, 'other') AS pause_reason,
            min(event_at) FILTER (event IN ('paused', 'resumed', 'completed', 'closed', 'cancelled')) OVER (
                PARTITION BY work_order_id ORDER BY event_at, seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
            ) AS ends_at
        FROM process_events
        WHERE completed_at IS NOT NULL
    )
    WHERE event = 'paused' AND event_at < completed_at
), waited AS (
    SELECT
        work_order_id,
        coalesce(sum(minutes) FILTER (pause_reason = 'customer'), 0) AS customer,
        coalesce(sum(minutes) FILTER (pause_reason = 'parts'), 0) AS parts,
        coalesce(sum(minutes) FILTER (pause_reason = 'approval'), 0) AS approval,
        coalesce(sum(minutes) FILTER (pause_reason NOT IN ('customer', 'parts', 'approval')), 0) AS other,
        sum(minutes) AS total
    FROM wait
    GROUP BY work_order_id
), split AS (
    SELECT
        p.business_unit, p.work_order_id, p.completed_at, p.elapsed_minutes,
        CASE WHEN p.touch_minutes IS NOT NULL THEN least(p.touch_minutes, p.elapsed_minutes - coalesce(waited.total, 0)) END AS working,
        coalesce(waited.customer, 0) AS customer, coalesce(waited.parts, 0) AS parts,
        coalesce(waited.approval, 0) AS approval, coalesce(waited.other, 0) AS other, coalesce(waited.total, 0) AS waiting
    FROM order_paths AS p
    LEFT JOIN waited USING (work_order_id)
    WHERE p.completed_at IS NOT NULL AND p.loops IS NOT NULL
)
SELECT
    business_unit, completed_at,
    unnest(['working', 'wait_customer', 'wait_parts', 'wait_approval', 'wait_other', 'unrecorded']) AS time_part,
    unnest([coalesce(working, 0), customer, parts, approval, other, elapsed_minutes - waiting - coalesce(working, 0)]) / 60 AS hours
FROM split
