-- The stages each order went through: when it entered the stage, and when it left it (to the next one, completed or cancelled).
-- A stage that the order passed in no time has no spell.
WITH spell AS (
    SELECT
        business_unit, product_line, service_mode, priority, region,
        unnest(['request_handling', 'dispatch', 'technician_response', 'repair']) AS stage,
        unnest([submitted_at, handling_at, dispatch_at, repair_at]) AS entered_at,
        unnest([coalesce(handling_at, left_at), coalesce(dispatch_at, left_at), coalesce(repair_at, left_at), left_at]) AS passed_at
    FROM stage_milestones
)
SELECT * FROM spell WHERE entered_at IS NOT NULL AND (passed_at IS NULL OR passed_at > entered_at)
