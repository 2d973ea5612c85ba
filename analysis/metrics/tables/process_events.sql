-- The steps of the orders that are measured, in order of time; where the data hold no steps at all, the stamps of the orders as steps.
-- A log that holds some orders only stays as it is: stamps are always in order, and mixed in they would flatter it.
WITH stamp AS (
    SELECT work_order_id, unnest(['created', 'handled', 'assigned', 'arrived', 'completed', 'closed', 'cancelled']) AS event,
        unnest([submitted_at, handled_at, assigned_at, arrived_at, completed_at, closed_at, cancelled_at]) AS event_at,
        unnest([1, 2, 3, 4, 5, 6, 7]) AS seq
    FROM orders
    WHERE NOT EXISTS (SELECT 1 FROM work_order_events)
), step AS (
    SELECT work_order_id, event, event_at, seq, pause_reason FROM work_order_events
    UNION ALL
    SELECT work_order_id, event, event_at, seq, NULL FROM stamp
)
SELECT
    orders.business_unit, step.work_order_id, step.event, step.event_at, step.seq, step.pause_reason,
    orders.submitted_at, orders.completed_at, orders.left_at, norm.place, norm.bit
FROM step
JOIN orders USING (work_order_id)
LEFT JOIN process_norm AS norm USING (event)
WHERE step.event_at <= cutoff()
