-- The orders with the moments at which each reached its stages, as the tables of orders have it, but for stages that cannot be: a remote order has no journey and is
-- under repair from its assignment on, and a milestone that the source never records is passed together with the one before it.
WITH given AS (
    SELECT count(handled_at) > 0 AS handling, count(assigned_at) > 0 AS dispatch, count(arrived_at) > 0 AS arrival FROM orders
), handled AS (
    SELECT o.*, given.dispatch, given.arrival,
        CASE WHEN given.handling THEN o.reached_handling_at ELSE o.submitted_at END AS handling_at
    FROM orders AS o, given
), assigned AS (
    SELECT *, CASE WHEN dispatch THEN reached_dispatch_at ELSE handling_at END AS dispatch_at FROM handled
)
SELECT
    * EXCLUDE (dispatch, arrival),
    CASE WHEN arrival AND service_mode <> 'remote' THEN reached_arrival_at ELSE dispatch_at END AS repair_at
FROM assigned
