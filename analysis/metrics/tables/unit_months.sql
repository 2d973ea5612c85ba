-- How many units were in service, and how many of them under warranty, by month, product, batch and months since their sale: what
-- failures are set against. From the first month of the unit's own data to three months after the cut-off (warranties that run on are
-- known; sales and retirements to come are not).
--
-- A unit counts half in the month of its sale and half in the month in which it leaves.
WITH fleet AS (
    SELECT
        u.business_unit, u.product_id, coalesce(u.batch, 'unknown') AS batch,
        CAST(date_trunc('month', coalesce(u.sold_on, u.in_service_on, u.shipped_on)) AS DATE) AS sold_month,
        CAST(date_trunc('month', u.retired_on) AS DATE) AS retired_month,
        CAST(date_trunc('month', coalesce(
            u.warranty_end_on, coalesce(u.sold_on, u.in_service_on, u.shipped_on) + to_months(products.warranty_months)
        )) AS DATE) AS warranty_month,
        CAST(date_trunc('month', w.since) AS DATE) AS first_month
    FROM installed_units AS u
    JOIN watched_since AS w ON w.business_unit = u.business_unit
    LEFT JOIN products ON products.product_id = u.product_id
    WHERE coalesce(u.sold_on, u.in_service_on, u.shipped_on) <= CAST(cutoff() AS DATE)
), cohort AS (
    SELECT business_unit, product_id, batch, sold_month, first_month, count(*) AS sold FROM fleet GROUP BY ALL
), leaving AS (
    -- a unit that left before the data begin counts as gone in the month before
    SELECT
        business_unit, product_id, batch, sold_month,
        greatest(left_month, CAST(first_month - INTERVAL 1 MONTH AS DATE)) AS month, sum(gone) AS gone, sum(uncovered) AS uncovered
    FROM (
        SELECT *, retired_month AS left_month, 1 AS gone, 0 AS uncovered FROM fleet
        UNION ALL SELECT *, least(retired_month, warranty_month), 0, 1 FROM fleet
    )
    WHERE left_month IS NOT NULL
    GROUP BY ALL
), grid AS (
    SELECT
        business_unit, product_id, batch, sold_month, sold,
        CAST(unnest(generate_series(
            CAST(greatest(sold_month, CAST(first_month - INTERVAL 1 MONTH AS DATE)) AS TIMESTAMP),
            date_trunc('month', cutoff()) + INTERVAL 3 MONTH, INTERVAL 1 MONTH
        )) AS DATE) AS month,
        first_month
    FROM cohort
), alive AS (
    SELECT
        grid.*, coalesce(gone, 0) AS gone_now, coalesce(uncovered, 0) AS uncovered_now,
        sold - sum(coalesce(gone, 0)) OVER months AS staying,
        sold - sum(coalesce(uncovered, 0)) OVER months AS covered
    FROM grid
    LEFT JOIN leaving USING (business_unit, product_id, batch, sold_month, month)
    WINDOW months AS (PARTITION BY grid.business_unit, grid.product_id, grid.batch, grid.sold_month ORDER BY grid.month)
)
SELECT
    business_unit, product_id, batch, month,
    date_diff('month', sold_month, month) AS age,
    CASE WHEN month = sold_month THEN 0.5 ELSE 1.0 END * (staying + 0.5 * gone_now) AS units,
    CASE WHEN month = sold_month THEN 0.5 ELSE 1.0 END * (covered + 0.5 * uncovered_now) AS units_covered,
    sold
FROM alive
WHERE month >= first_month AND staying + gone_now > 0
