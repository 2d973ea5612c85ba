-- Records with the time at which they were entered: how long after the last thing that they tell.
--
-- A record may be entered when it begins and completed later: what happened after its entry does not count. What was entered before
-- anything of it happened has no lag. Dated by the entry: by the event, the newest months would lack what is still to come.
WITH told AS (
    SELECT business_unit, 'work_orders' AS record_type, recorded_at, [submitted_at, handled_at, assigned_at, arrived_at, completed_at, closed_at, cancelled_at, first_response_at] AS moments
    FROM work_orders WHERE recorded_at IS NOT NULL
    UNION ALL
    SELECT business_unit, 'complaints' AS record_type, recorded_at, [received_at, first_reply_at, resolved_at, closed_at] AS moments
    FROM complaints WHERE recorded_at IS NOT NULL
    UNION ALL
    SELECT business_unit, 'surveys' AS record_type, recorded_at, [sent_at, answered_at, followed_up_at] AS moments
    FROM surveys WHERE recorded_at IS NOT NULL
    UNION ALL
    SELECT business_unit, 'returns' AS record_type, recorded_at, [requested_at, received_at, inspected_at, refunded_at] AS moments
    FROM returns WHERE recorded_at IS NOT NULL
    UNION ALL
    SELECT business_unit, 'warranty_claims' AS record_type, recorded_at, [claimed_at, paid_at] AS moments
    FROM warranty_claims WHERE recorded_at IS NOT NULL
    UNION ALL
    SELECT business_unit, 'visits' AS record_type, recorded_at, [arrived_at, left_at] AS moments
    FROM visits WHERE recorded_at IS NOT NULL
    UNION ALL
    SELECT business_unit, 'interactions' AS record_type, recorded_at, [started_at, ended_at] AS moments
    FROM interactions WHERE recorded_at IS NOT NULL
    UNION ALL
    SELECT business_unit, 'purchases' AS record_type, recorded_at, [purchased_at] AS moments
    FROM purchases WHERE recorded_at IS NOT NULL
)
SELECT
    business_unit, record_type, recorded_at,
    epoch(recorded_at - list_max(list_filter(moments, lambda moment: moment <= recorded_at))) / 86400 AS lag_days
FROM told
