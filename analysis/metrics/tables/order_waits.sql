-- Orders with what their recorded steps tell: how long each waited before its completion, and when it was resolved for the last time.
--
-- A wait runs from `paused` until the order is resumed, paused for another reason, completed, closed or cancelled; a re-assignment or an
-- escalation in between does not end it. An order turns to done with its completion and back with its reopening; the time between
-- the two is no time to resolution, so that resolution_started_at is the submission moved on by it. An order without steps has no wait
-- (unknown, not 0) and its completion as its resolution.
WITH step AS (
    SELECT
        work_order_id, event, event_at, seq,
        CASE WHEN event IN ('completed', 'closed') THEN 'done' WHEN event = 'reopened' THEN 'open' END AS turn,
        min(event_at) FILTER (event IN ('paused', 'resumed', 'completed', 'closed', 'cancelled')) OVER (
            PARTITION BY work_order_id ORDER BY event_at, seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS wait_ends_at
    FROM work_order_events
    WHERE event_at <= cutoff()
), turned AS (
    SELECT work_order_id, event_at, seq, turn, lag(turn) OVER (PARTITION BY work_order_id ORDER BY event_at, seq) AS turn_before
    FROM step
    WHERE turn IS NOT NULL
), flipped AS (
    SELECT work_order_id, event_at, turn, lead(event_at) OVER (PARTITION BY work_order_id ORDER BY event_at, seq) AS until_at
    FROM turned
    WHERE turn IS DISTINCT FROM turn_before
), resolved AS (
    SELECT
        work_order_id,
        max(event_at) FILTER (turn = 'done' AND until_at IS NULL) AS full_resolved_at,
        coalesce(sum(epoch(until_at - event_at)) FILTER (turn = 'done'), 0) AS settled_seconds
    FROM flipped
    GROUP BY work_order_id
), waited AS (
    SELECT
        step.work_order_id,
        coalesce(sum(epoch(least(step.wait_ends_at, orders.completed_at) - step.event_at))
            FILTER (step.event = 'paused' AND step.event_at < orders.completed_at), 0) / 60 AS waiting_minutes
    FROM step
    JOIN orders USING (work_order_id)
    GROUP BY step.work_order_id
)
SELECT
    orders.business_unit, orders.work_order_id, orders.submitted_at, orders.completed_at, orders.cancelled_at AS left_at,
    orders.submitted_at + to_seconds(coalesce(resolved.settled_seconds, 0)) AS resolution_started_at,
    CASE WHEN resolved.work_order_id IS NULL THEN orders.completed_at ELSE resolved.full_resolved_at END AS full_resolved_at,
    waited.waiting_minutes,
    epoch(orders.completed_at - orders.submitted_at) / 60 AS elapsed_minutes,
    orders.product_line, orders.work_order_type, orders.service_mode, orders.priority
FROM orders
LEFT JOIN resolved USING (work_order_id)
LEFT JOIN waited USING (work_order_id)
