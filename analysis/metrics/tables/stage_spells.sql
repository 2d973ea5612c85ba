-- The stages each order went through: when it entered the stage, and when it left it (to the next one, completed or cancelled).
-- A remote order has no journey: from its assignment on it is under repair. A stage that the order passed in no time has no spell.
WITH milestone AS (
    SELECT *,
        CASE WHEN service_mode = 'remote' THEN reached_dispatch_at ELSE reached_arrival_at END AS reached_repair_at
    FROM orders
), spell AS (
    SELECT
        business_unit, work_order_id, product_line, service_mode, priority, region,
        unnest(['request_handling', 'dispatch', 'technician_response', 'repair']) AS stage,
        unnest([submitted_at, reached_handling_at, reached_dispatch_at, reached_repair_at]) AS entered_at,
        unnest([
            coalesce(reached_handling_at, left_at), coalesce(reached_dispatch_at, left_at), coalesce(reached_repair_at, left_at), left_at
        ]) AS passed_at
    FROM milestone
)
SELECT * FROM spell WHERE entered_at IS NOT NULL AND (passed_at IS NULL OR passed_at > entered_at)
