-- Answers to "would you recommend us" on the scale 0 to 10.
SELECT
    s.survey_id, s.business_unit, s.answered_at, s.score,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(customers.region, 'unknown') AS region
FROM surveys AS s
LEFT JOIN customers ON customers.customer_id = s.customer_id
WHERE s.instrument = 'nps' AND s.answered_at IS NOT NULL AND coalesce(s.scale_max, 10) = 10 AND coalesce(s.scale_min, 0) = 0
