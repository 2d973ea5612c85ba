-- One row per aspect that a customer scored from 1 to 5; answers about the handling of a complaint are left out.
SELECT
    business_unit, answered_at, product_line, channel, customer_segment, region, aspect, aspect_score, aspect_score >= 4 AS is_top
FROM (
    UNPIVOT (SELECT * FROM survey_answers WHERE answered_at IS NOT NULL AND occasion <> 'complaint')
    ON response_speed, problem_solving, attitude, service_quality, feedback_handling, accessibility, transparency, reliability
    INTO NAME aspect VALUE aspect_score
)
