-- Orders with the path each took: hand-offs, steps back, required steps left out, time at work and time in each stage.
--
-- Steps count up to 14 days after the completion, so that older orders have had no longer to be reopened than newer ones.
-- A required step counts as left out only where at least half of the completed orders of the same service mode have it: a step that the
-- source does not record cannot be missed. Consecutive steps back are one loop (reopened, dispatched anew, completed again).
-- touch: time on site over all visits of the order, at most 12 hours a visit (one left open overnight is no night's work); where the source
-- has no visits at all, the time from the start of the work to the completion less the waits recorded in it (an order without a visit
-- among others with visits has none: started is not worked on).
-- stage minutes: within the first 30 days, by milestones; they add up to cycle_minutes exactly.
WITH known AS (
    SELECT * FROM process_events WHERE completed_at IS NULL OR event_at <= completed_at + INTERVAL 14 DAY
), stepped AS (
    SELECT work_order_id, place <= lag(place) OVER story AS is_back, event_at, seq
    FROM known
    WHERE place IS NOT NULL
    WINDOW story AS (PARTITION BY work_order_id ORDER BY event_at, seq)
), looped AS (
    SELECT work_order_id, count(*) FILTER (is_back AND NOT after_back) AS turns_back
    FROM (
        SELECT work_order_id, is_back, coalesce(lag(is_back) OVER (PARTITION BY work_order_id ORDER BY event_at, seq), false) AS after_back
        FROM stepped
    )
    GROUP BY work_order_id
), walked AS (
    SELECT
        work_order_id,
        bit_or(coalesce(bit, 0)) AS steps,
        count(*) FILTER (event = 'reassigned') AS reassigned,
        count(*) FILTER (event = 'escalated') AS escalations,
        count(*) FILTER (event = 'paused') AS paused,
        min(event_at) FILTER (event = 'started' AND event_at <= completed_at) AS started_at
    FROM known
    GROUP BY work_order_id
), asked AS (
    -- the steps required of each service mode, as far as the source records them
    SELECT service_mode, bit_or(bit) AS required
    FROM (
        SELECT o.service_mode, norm.bit
        FROM orders AS o
        JOIN walked USING (work_order_id)
        JOIN process_norm AS norm ON list_contains(norm.modes, CASE WHEN o.service_mode IN ('onsite', 'depot', 'remote')
            THEN o.service_mode ELSE 'unknown' END)
        WHERE o.completed_at IS NOT NULL
        GROUP BY o.service_mode, norm.bit
        HAVING 2 * count(*) FILTER ((walked.steps & norm.bit) > 0) >= count(*)
    )
    GROUP BY service_mode
), waiting AS (
    -- a wait ends as the tables of waits have it; here the part of it after the start of the work
    SELECT work_order_id, sum(epoch(least(ends_at, completed_at) - greatest(event_at, started_at))) / 60 AS minutes
    FROM (
        SELECT e.work_order_id, e.event, e.event_at, e.completed_at, walked.started_at,
            min(e.event_at) FILTER (e.event IN ('paused', 'resumed', 'completed', 'closed', 'cancelled')) OVER (
                PARTITION BY e.work_order_id ORDER BY e.event_at, e.seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
            ) AS ends_at
        FROM process_events AS e
        JOIN walked USING (work_order_id)
        WHERE walked.paused > 0 AND e.completed_at IS NOT NULL
    )
    WHERE event = 'paused' AND least(ends_at, completed_at) > greatest(event_at, started_at)
    GROUP BY work_order_id
), visited AS (
    SELECT v.work_order_id, sum(least(greatest(epoch(least(v.left_at, o.completed_at) - v.arrived_at), 0), 12 * 3600)) / 60 AS minutes
    FROM visits AS v
    JOIN orders AS o USING (work_order_id)
    WHERE v.left_at IS NOT NULL AND v.arrived_at <= o.completed_at
    GROUP BY v.work_order_id
), worked AS (
    SELECT
        o.work_order_id,
        CASE WHEN EXISTS (SELECT 1 FROM visits) THEN visited.minutes
            ELSE epoch(o.completed_at - walked.started_at) / 60 - coalesce(waiting.minutes, 0) END AS minutes
    FROM orders AS o
    LEFT JOIN walked USING (work_order_id)
    LEFT JOIN waiting USING (work_order_id)
    LEFT JOIN visited USING (work_order_id)
), milestone AS (
    -- minutes since submission at which each stage was over, capped at 30 days; an order that left is over with it
    SELECT
        work_order_id,
        least(epoch(coalesce(handling_at, left_at, cutoff()) - submitted_at) / 60, 43200) AS handling,
        least(epoch(coalesce(dispatch_at, left_at, cutoff()) - submitted_at) / 60, 43200) AS dispatch,
        least(epoch(coalesce(repair_at, left_at, cutoff()) - submitted_at) / 60, 43200) AS arrival,
        least(epoch(coalesce(left_at, cutoff()) - submitted_at) / 60, 43200) AS completion
    FROM orders
    JOIN stage_milestones USING (work_order_id)
)
SELECT
    o.business_unit, o.work_order_id, o.submitted_at, o.completed_at, o.cancelled_at, o.left_at,
    coalesce(o.reassignments, walked.reassigned) AS handoff_count,
    coalesce(looped.turns_back, CASE WHEN walked.work_order_id IS NOT NULL THEN 0 END) AS loops,
    CASE WHEN walked.work_order_id IS NOT NULL THEN coalesce(asked.required, 0) & ~walked.steps END AS skipped,
    CASE WHEN walked.work_order_id IS NOT NULL THEN coalesce(o.escalated, walked.escalations > 0) END AS was_escalated,
    skipped = 0 AND loops = 0 AND coalesce(handoff_count, 0) = 0 AND NOT was_escalated AS conforms,
    epoch(o.completed_at - o.submitted_at) / 60 AS elapsed_minutes,
    CASE WHEN worked.minutes IS NOT NULL THEN least(worked.minutes, elapsed_minutes) END AS touch_minutes,
    milestone.handling AS request_handling_minutes,
    milestone.dispatch - milestone.handling AS dispatch_minutes,
    milestone.arrival - milestone.dispatch AS technician_response_minutes,
    milestone.completion - milestone.arrival AS repair_minutes,
    milestone.completion AS cycle_minutes,
    o.product_line, o.work_order_type, o.service_mode, o.channel, o.priority, o.region, o.customer_segment, o.fault_code,
    coalesce(CASE WHEN handoff_count >= 3 THEN '3+' ELSE CAST(handoff_count AS VARCHAR) END, 'unknown') AS handoffs
FROM orders AS o
JOIN milestone USING (work_order_id)
LEFT JOIN walked USING (work_order_id)
LEFT JOIN looped USING (work_order_id)
LEFT JOIN worked USING (work_order_id)
LEFT JOIN asked ON asked.service_mode = o.service_mode
