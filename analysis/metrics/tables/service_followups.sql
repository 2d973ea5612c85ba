-- The first repair we completed for each customer in a period, how it went as far as was known thirty days later, and what the customer did
-- from then on. is_first: the customer's first one in all the data. (A series of those alone would drift:
-- whoever comes first early in the data comes often.)
-- The clock starts at those thirty days (`known_at`), for good and bad service alike: whoever had to wait to be called "bad" would otherwise
-- look loyal for having waited (immortal time).
-- service_experience: of the first one only ('unknown' otherwise), so that each customer is compared once. bad: it took longer than seven days, needed a second visit, was reopened or escalated, was asked for again on the same unit within thirty
-- days, or the customer complained or gave a low score (2 of 5, 6 of 10, 3 of 7, or lower) within thirty days.
-- next_activity_at: the next purchase or request for service; a request that only repeats the last one on the same unit (within ninety
-- days) is no sign of loyalty and does not count.
WITH done AS MATERIALIZED (
    SELECT * EXCLUDE (period, period_before), completed_at + INTERVAL 30 DAY AS known_at, period_before IS NULL AS is_first
    FROM (
        SELECT
            work_order_id, business_unit, customer_id, serial_no, submitted_at, completed_at, visits, reopens, escalated, linked_complaints,
            product_line, customer_segment, region, channel, period_of(completed_at) AS period,
            lag(period_of(completed_at)) OVER (PARTITION BY business_unit, customer_id ORDER BY completed_at, work_order_id) AS period_before
        FROM orders
        WHERE completed_at IS NOT NULL AND customer_id IS NOT NULL AND work_order_type IN ('repair', 'unknown')
    )
    WHERE period IS DISTINCT FROM period_before
), low AS (
    SELECT DISTINCT s.work_order_id
    FROM surveys AS s
    JOIN done ON done.work_order_id = s.work_order_id
    WHERE s.answered_at <= done.known_at
        AND ((s.instrument = 'csat5' AND s.score <= 2) OR (s.instrument = 'nps' AND s.score <= 6) OR (s.instrument = 'ces7' AND s.score <= 3))
), asked AS (
    SELECT
        o.business_unit, o.customer_id, o.serial_no, o.submitted_at,
        lag(o.completed_at) OVER (PARTITION BY o.serial_no ORDER BY o.submitted_at, o.work_order_id) AS same_unit_before
    FROM orders AS o
    WHERE o.customer_id IS NOT NULL AND o.serial_no IS NOT NULL
    UNION ALL
    SELECT business_unit, customer_id, NULL, submitted_at, NULL FROM orders WHERE customer_id IS NOT NULL AND serial_no IS NULL
), again AS (
    SELECT DISTINCT d.work_order_id
    FROM done AS d
    JOIN orders AS o ON o.serial_no = d.serial_no AND o.work_order_id <> d.work_order_id
    WHERE o.submitted_at > d.completed_at AND o.submitted_at <= d.known_at
), request AS (
    SELECT business_unit, customer_id, submitted_at AS at
    FROM asked
    WHERE same_unit_before IS NULL OR serial_no IS NULL OR submitted_at > same_unit_before + INTERVAL 90 DAY
), known AS MATERIALIZED (
    SELECT
        d.*, CASE
            WHEN NOT d.is_first THEN 'unknown'
            WHEN d.completed_at > d.submitted_at + INTERVAL 7 DAY OR d.visits > 1 OR d.reopens > 0 OR d.escalated OR d.linked_complaints > 0
                OR low.work_order_id IS NOT NULL OR again.work_order_id IS NOT NULL THEN 'bad_service' ELSE 'good_service' END AS service_experience
    FROM done AS d
    LEFT JOIN low ON low.work_order_id = d.work_order_id
    LEFT JOIN again ON again.work_order_id = d.work_order_id
), before AS (
    SELECT k.work_order_id, count(*) AS purchases_before
    FROM known AS k
    JOIN purchase_days AS p ON p.business_unit = k.business_unit AND p.customer_id = k.customer_id AND p.day <= k.known_at
    GROUP BY ALL
), bought AS (
    SELECT k.work_order_id, CAST(p.day AS TIMESTAMP) AS at
    FROM (
        SELECT k.*
        FROM known AS k
        JOIN (SELECT business_unit, customer_id, max(day) AS last_day FROM purchase_days GROUP BY ALL) AS newest
            ON newest.business_unit = k.business_unit AND newest.customer_id = k.customer_id
        WHERE k.known_at < newest.last_day
    ) AS k
    ASOF JOIN purchase_days AS p
        ON p.business_unit = k.business_unit AND p.customer_id = k.customer_id AND p.day > k.known_at
), came AS (
    -- only of those who asked again at all
    SELECT k.work_order_id, r.at
    FROM (
        SELECT k.*
        FROM known AS k
        JOIN (SELECT business_unit, customer_id, max(request.at) AS last_at FROM request GROUP BY ALL) AS newest
            ON newest.business_unit = k.business_unit AND newest.customer_id = k.customer_id
        WHERE k.known_at < newest.last_at
    ) AS k
    ASOF JOIN request AS r ON r.business_unit = k.business_unit AND r.customer_id = k.customer_id AND r.at > k.known_at
)
SELECT
    k.work_order_id, k.business_unit, k.customer_id, k.completed_at, k.known_at, k.is_first, k.service_experience,
    bought.at AS next_purchase_at, least(bought.at, came.at) AS next_activity_at,
    coalesce(before.purchases_before, 0) AS purchases_before,
    k.product_line, k.customer_segment, k.region, k.channel,
    customers.birth_year
FROM known AS k
LEFT JOIN before ON before.work_order_id = k.work_order_id
LEFT JOIN bought ON bought.work_order_id = k.work_order_id
LEFT JOIN came ON came.work_order_id = k.work_order_id
LEFT JOIN customers ON customers.customer_id = k.customer_id
