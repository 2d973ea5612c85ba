-- Orders with the path each took: hand-offs, steps back, required steps left out, time at work and time in each stage.
--
-- Steps count up to 14 days after the completion, so that older orders have had no longer to be reopened than newer ones.
-- A required step counts as left out only where at least half of the completed orders of the same service mode have it: a step that the
-- source does not record cannot be missed. Consecutive steps back are one loop (reopened, dispatched anew, completed again).
-- touch: time on site over all visits of the order, at most 12 hours a visit (one left open overnight is no night's work); where the source
-- has no visits at all, the time from the start of the work to the completion less the waits recorded in it (an order without a visit
-- among others with visits has none: started is not worked on).
-- stage minutes: within the first 30 days, by milestones; they add up to cycle_minutes exactly.
WITH stamped AS NOT MATERIALIZED (
    -- where the data hold no steps: the stamps that count as steps, none after the 14 days or the cut-off
    SELECT *,
        CASE WHEN by_stamps AND submitted_at <= until_at THEN submitted_at END AS created,
        CASE WHEN by_stamps AND handled_at <= until_at THEN handled_at END AS handled,
        CASE WHEN by_stamps AND assigned_at <= until_at THEN assigned_at END AS assigned,
        CASE WHEN by_stamps AND arrived_at <= until_at THEN arrived_at END AS arrived,
        CASE WHEN by_stamps AND completed_at <= until_at THEN completed_at END AS completed,
        CASE WHEN by_stamps AND closed_at <= until_at THEN closed_at END AS closed,
        CASE WHEN by_stamps AND cancelled_at <= until_at THEN cancelled_at END AS cancelled
    FROM (
        SELECT *, least(cutoff(), completed_at + INTERVAL 14 DAY) AS until_at,
            NOT EXISTS (SELECT 1 FROM work_order_events) AS by_stamps
        FROM stage_milestones
    )
), straight AS NOT MATERIALIZED (
    -- stamps in order are a path without a step back, read off at once
    SELECT *,
        coalesce(handled >= created, true) AND coalesce(assigned >= greatest(created, handled), true)
            AND coalesce(arrived >= greatest(created, handled, assigned), true)
            AND coalesce(completed >= greatest(created, handled, assigned, arrived), true)
            AND coalesce(closed >= greatest(created, handled, assigned, arrived, completed), true) AS in_order,
        CASE WHEN in_order AND coalesce(created, handled, assigned, arrived, completed, closed, cancelled) IS NOT NULL
            THEN CASE WHEN created IS NOT NULL THEN 1 ELSE 0 END + CASE WHEN handled IS NOT NULL THEN 2 ELSE 0 END
            + CASE WHEN assigned IS NOT NULL THEN 4 ELSE 0 END + CASE WHEN arrived IS NOT NULL THEN 16 ELSE 0 END
            + CASE WHEN completed IS NOT NULL THEN 64 ELSE 0 END + CASE WHEN closed IS NOT NULL THEN 128 ELSE 0 END END AS straight_steps
    FROM stamped
), known AS (
    SELECT work_order_id, event, event_at, seq, completed_at, place, bit
    FROM process_events
    WHERE EXISTS (SELECT 1 FROM work_order_events) AND (completed_at IS NULL OR event_at <= completed_at + INTERVAL 14 DAY)
    UNION ALL
    SELECT crooked.*, norm.place, norm.bit
    FROM (
        SELECT work_order_id, unnest(['created', 'handled', 'assigned', 'arrived', 'completed', 'closed', 'cancelled']) AS event,
            unnest([created, handled, assigned, arrived, completed, closed, cancelled]) AS event_at,
            unnest([1, 2, 3, 4, 5, 6, 7]) AS seq, completed_at
        FROM straight
        WHERE NOT in_order
    ) AS crooked
    LEFT JOIN process_norm AS norm ON norm.event = crooked.event
    WHERE crooked.event_at IS NOT NULL
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
), path AS NOT MATERIALIZED (
    SELECT
        o.* EXCLUDE (created, handled, assigned, arrived, completed, closed, cancelled),
        coalesce(walked.steps, o.straight_steps) AS steps,
        coalesce(walked.reassigned, CASE WHEN o.straight_steps IS NOT NULL THEN 0 END) AS reassigned,
        coalesce(walked.escalations, CASE WHEN o.straight_steps IS NOT NULL THEN 0 END) AS escalations,
        walked.started_at
    FROM straight AS o
    LEFT JOIN walked ON walked.work_order_id = o.work_order_id
), asked AS (
    -- the steps required of each service mode, as far as the source records them
    SELECT service_mode, bit_or(bit) AS required
    FROM (
        SELECT taken.service_mode, norm.bit
        FROM (
            SELECT service_mode, steps, count(*) AS orders
            FROM path
            WHERE completed_at IS NOT NULL AND steps IS NOT NULL
            GROUP BY ALL
        ) AS taken
        JOIN process_norm AS norm ON list_contains(norm.modes, CASE WHEN taken.service_mode IN ('onsite', 'depot', 'remote')
            THEN taken.service_mode ELSE 'unknown' END)
        GROUP BY taken.service_mode, norm.bit
        HAVING 2 * coalesce(sum(taken.orders) FILTER ((taken.steps & norm.bit) > 0), 0) >= sum(taken.orders)
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
), worked AS NOT MATERIALIZED (
    -- and minutes since submission at which each stage was over, capped at 30 days; an order that left is over with it
    SELECT
        o.*,
        CASE WHEN EXISTS (SELECT 1 FROM visits) THEN visited.minutes
            ELSE epoch(o.completed_at - o.started_at) / 60 - coalesce(waiting.minutes, 0) END AS touch,
        least(epoch(coalesce(handling_at, left_at, cutoff()) - submitted_at) / 60, 43200) AS handling,
        least(epoch(coalesce(dispatch_at, left_at, cutoff()) - submitted_at) / 60, 43200) AS dispatch,
        least(epoch(coalesce(repair_at, left_at, cutoff()) - submitted_at) / 60, 43200) AS arrival,
        least(epoch(coalesce(left_at, cutoff()) - submitted_at) / 60, 43200) AS completion
    FROM path AS o
    LEFT JOIN waiting ON waiting.work_order_id = o.work_order_id
    LEFT JOIN visited ON visited.work_order_id = o.work_order_id
)
SELECT
    o.business_unit, o.work_order_id, o.submitted_at, o.completed_at, o.cancelled_at, o.left_at,
    coalesce(o.reassignments, o.reassigned) AS handoff_count,
    coalesce(looped.turns_back, CASE WHEN o.steps IS NOT NULL THEN 0 END) AS loops,
    CASE WHEN o.steps IS NOT NULL THEN coalesce(asked.required, 0) & ~o.steps END AS skipped,
    CASE WHEN o.steps IS NOT NULL THEN coalesce(o.escalated, o.escalations > 0) END AS was_escalated,
    skipped = 0 AND loops = 0 AND coalesce(handoff_count, 0) = 0 AND NOT was_escalated AS conforms,
    epoch(o.completed_at - o.submitted_at) / 60 AS elapsed_minutes,
    CASE WHEN o.touch IS NOT NULL THEN least(o.touch, elapsed_minutes) END AS touch_minutes,
    o.handling AS request_handling_minutes,
    o.dispatch - o.handling AS dispatch_minutes,
    o.arrival - o.dispatch AS technician_response_minutes,
    o.completion - o.arrival AS repair_minutes,
    o.completion AS cycle_minutes,
    o.product_line, o.work_order_type, o.service_mode, o.channel, o.priority, o.region, o.customer_segment, o.fault_code,
    coalesce(CASE WHEN handoff_count >= 3 THEN '3+' ELSE CAST(handoff_count AS VARCHAR) END, 'unknown') AS handoffs
FROM worked AS o
LEFT JOIN looped ON looped.work_order_id = o.work_order_id
LEFT JOIN asked ON asked.service_mode = o.service_mode
