-- The steps of the orders that are measured, in order of time; where the data hold no steps at all, the stamps of the orders as steps: those
-- of the newest 25 months, beyond which nothing looks at single steps (the paths of all orders are read off their stamps at once).
-- A log that holds some orders only stays as it is: stamps are always in order, and mixed in they would flatter it.
WITH stamp AS (
    SELECT business_unit, work_order_id,
        unnest(['created', 'handled', 'assigned', 'arrived', 'completed', 'closed', 'cancelled']) AS event,
        unnest([submitted_at, handled_at, assigned_at, arrived_at, completed_at, closed_at, cancelled_at]) AS event_at,
        unnest([1, 2, 3, 4, 5, 6, 7]) AS seq,
        submitted_at, completed_at, left_at
    FROM orders
    WHERE NOT EXISTS (SELECT 1 FROM work_order_events)
        AND (completed_at IS NULL OR greatest(submitted_at, completed_at) >= cutoff() - INTERVAL 25 MONTH)
), step AS (
    SELECT
        orders.business_unit, log.work_order_id, log.event, log.event_at, log.seq, log.pause_reason,
        orders.submitted_at, orders.completed_at, orders.left_at
    FROM work_order_events AS log
    JOIN orders USING (work_order_id)
    UNION ALL
    SELECT business_unit, work_order_id, event, event_at, seq, NULL, submitted_at, completed_at, left_at FROM stamp
)
SELECT step.*, norm.place, norm.bit
FROM step
LEFT JOIN process_norm AS norm ON norm.event = step.event
WHERE step.event_at <= cutoff()
