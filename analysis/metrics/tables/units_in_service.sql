-- Units in service by business unit, product and month: the table that gives them where there is one, else the mean over the days of the
-- month of the installed units (from the day they went into service to the day they were retired).
WITH given AS (
    SELECT business_unit, product_id, CAST(date_trunc('month', month) AS DATE) AS month, sum(units_in_service) AS units
    FROM installed_base_monthly
    GROUP BY ALL
), step AS (
    SELECT business_unit, product_id, unnest([begins_on, ends_on]) AS on_day, unnest([1, -1]) AS change
    FROM (
        SELECT
            coalesce(business_unit, 'unknown') AS business_unit, coalesce(product_id, 'unknown') AS product_id,
            coalesce(in_service_on, sold_on, shipped_on) AS begins_on, retired_on AS ends_on
        FROM installed_units
        WHERE NOT EXISTS (SELECT 1 FROM installed_base_monthly)
    )
    WHERE begins_on IS NOT NULL
), monthly AS (
    -- change over the month, and the share of the change that falls into the month itself
    SELECT
        business_unit, product_id, CAST(date_trunc('month', on_day) AS DATE) AS month, sum(change) AS change,
        sum(change * (last_day(on_day) - CAST(on_day AS DATE) + 1) / day(last_day(on_day))) AS within_month
    FROM step
    WHERE on_day IS NOT NULL AND on_day <= cutoff()
    GROUP BY ALL
), grid AS (
    SELECT business_unit, product_id, CAST(unnest(generate_series(first_month, date_trunc('month', cutoff()), INTERVAL 1 MONTH)) AS DATE) AS month
    FROM (SELECT business_unit, product_id, CAST(min(month) AS TIMESTAMP) AS first_month FROM monthly GROUP BY ALL)
), derived AS (
    SELECT
        business_unit, product_id, month,
        sum(coalesce(change, 0)) OVER months - coalesce(change, 0) + coalesce(within_month, 0) AS units
    FROM grid
    LEFT JOIN monthly USING (business_unit, product_id, month)
    WINDOW months AS (PARTITION BY business_unit, product_id ORDER BY month)
)
SELECT e.business_unit, e.month, e.units, e.product_id, coalesce(products.product_line, 'unknown') AS product_line
FROM (SELECT * FROM given UNION ALL BY NAME SELECT * FROM derived) AS e
LEFT JOIN products ON products.product_id = e.product_id
