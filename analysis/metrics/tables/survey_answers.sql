-- Invitations to a survey with their answers, each read on its own scale; invitations about test orders are left out.
--
-- family: what was asked. nps (recommend?), ces (was it easy?), csat (how satisfied?), other (a question that the name does not tell; it counts
-- as an invitation and is never read as satisfaction).
-- scale: as given; else as the instrument's name ends (csat5: 1 to 5, csat100: 0 to 100, nps: 0 to 10); else the narrowest usual scale that
-- holds all scores of the instrument, once it has thirty. A score outside its scale, or without one, is not read.
-- position: place on the scale, 0 lowest, 1 highest. is_top: the two highest levels; of two or three levels the highest; of more than eleven the
-- upper fifth of the range. is_bottom: the lowest quarter of the range (1 and 2 of five). score_of_5: the position on 1 to 5.
-- invited: asked by the company; a review that was left unasked has its answer at its own moment of asking.
-- is_low: what is to be followed up: a bottom score of satisfaction, or 0 to 6 of "recommend?". Satisfaction with how a complaint was handled
-- has occasion 'complaint' and stands apart.
WITH said AS (
    SELECT
        s.*, lower(s.instrument) AS named,
        CASE
            WHEN regexp_matches(lower(s.instrument), '(^|[^a-z])[rt]?nps([^a-z]|$)|promoter|推荐') THEN 'nps'
            WHEN regexp_matches(lower(s.instrument), '(^|[^a-z])ces([^a-z]|$)|effort|费力') THEN 'ces'
            WHEN regexp_matches(lower(s.instrument), 'csat|satis|star|rating|review|满意|评分|评价|星级') THEN 'csat'
            ELSE 'other'
        END AS family
    FROM surveys AS s
    ANTI JOIN (SELECT work_order_id FROM work_orders WHERE is_test) AS test USING (work_order_id)
), seen AS (
    SELECT instrument, min(score) AS lowest, max(score) AS highest
    FROM said
    WHERE score IS NOT NULL
    GROUP BY instrument
    HAVING count(*) >= 30
), sized AS (
    SELECT
        said.*, TRY_CAST(nullif(regexp_extract(named, '([0-9]+)[^0-9]*$', 1), '') AS INTEGER) AS size_in_name,
        CASE
            WHEN lowest >= 0 AND highest <= 1 THEN [0, 1]
            WHEN lowest >= 1 AND highest <= 3 THEN [1, 3]
            WHEN highest <= 5 THEN CASE WHEN lowest >= 1 THEN [1, 5] WHEN lowest >= 0 THEN [0, 5] END
            WHEN highest <= 7 AND lowest >= 1 THEN [1, 7]
            WHEN highest <= 10 THEN CASE WHEN lowest >= 1 THEN [1, 10] WHEN lowest >= 0 THEN [0, 10] END
            WHEN highest <= 100 AND lowest >= 0 THEN [0, 100]
        END AS seen_scale
    FROM said
    LEFT JOIN seen USING (instrument)
), scaled AS (
    SELECT
        *,
        CASE
            WHEN scale_max > scale_min THEN [scale_min, scale_max]
            WHEN family = 'nps' THEN [0, 10]
            WHEN size_in_name IN (3, 4, 5, 7, 10) THEN [1, size_in_name]
            WHEN size_in_name IN (11, 100) THEN [0, size_in_name - CASE size_in_name WHEN 11 THEN 1 ELSE 0 END]
            ELSE seen_scale
        END AS ends
    FROM sized
), placed AS (
    SELECT
        *, ends[2] - ends[1] + 1 AS levels,
        CASE WHEN score BETWEEN ends[1] AND ends[2] THEN (score - ends[1]) / (ends[2] - ends[1]) END AS position
    FROM scaled
)
SELECT
    p.survey_id, p.business_unit, p.sent_at, p.answered_at, p.followed_up_at, p.complaint_id, p.work_order_id,
    p.family, p.score, p.position, p.levels, ends[1] AS scale_from, ends[2] AS scale_to,
    CASE WHEN p.complaint_id IS NOT NULL THEN 'complaint' WHEN p.work_order_id IS NOT NULL THEN 'order' ELSE 'relationship' END AS occasion,
    NOT (coalesce(p.method, '') = 'online_review' AND p.answered_at IS NOT DISTINCT FROM p.sent_at) AS invited,
    coalesce(p.answered_at <= p.sent_at + INTERVAL 14 DAY, false) AS answered_in_time,
    1 + 4 * p.position AS score_of_5,
    CASE
        WHEN p.levels <= 3 THEN p.score >= ends[2]
        WHEN p.levels <= 11 THEN p.score >= ends[2] - 1
        ELSE p.position >= 0.8
    END AND p.position IS NOT NULL AS is_top,
    p.position <= 0.25 AS is_bottom,
    CASE p.family WHEN 'nps' THEN ends[2] = 10 AND p.score <= 6 WHEN 'csat' THEN p.position <= 0.25 ELSE false END AS is_low,
    p.response_speed, p.problem_solving, p.attitude, p.service_quality, p.feedback_handling, p.accessibility, p.transparency, p.reliability,
    p.expectation, p.acsi_overall, p.acsi_expectation, p.acsi_ideal,
    nullif(trim(p.comment), '') AS comment,
    epoch(o.completed_at - o.submitted_at) / 86400 AS cycle_days,
    coalesce(o.product_line, 'unknown') AS product_line,
    coalesce(o.work_order_type, 'unknown') AS work_order_type,
    coalesce(o.service_mode, 'unknown') AS service_mode,
    coalesce(o.channel, 'unknown') AS channel,
    coalesce(p.technician_id, o.technician_id, 'unknown') AS technician_id,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(customers.region, 'unknown') AS region,
    coalesce(p.method, 'unknown') AS method,
    p.instrument,
    CASE WHEN ends IS NULL THEN 'unknown' ELSE printf('%g–%g', ends[1]::DOUBLE, ends[2]::DOUBLE) END AS scale
FROM placed AS p
LEFT JOIN orders AS o USING (work_order_id)
LEFT JOIN customers ON customers.customer_id = coalesce(p.customer_id, o.customer_id)
