-- Customers with an order, a purchase or a complaint in the twelve months up to the end of the month, by business unit.
-- Months of activity nearer than twelve to each other make one spell, so that a customer is counted once however busy.
WITH active AS (
    SELECT DISTINCT business_unit, customer_id, CAST(date_trunc('month', seen_at) AS DATE) AS month
    FROM (
        SELECT business_unit, customer_id, submitted_at AS seen_at FROM work_orders
            WHERE NOT coalesce(is_test, false) AND NOT coalesce(is_duplicate, false)
        UNION ALL SELECT business_unit, customer_id, purchased_at FROM purchases
        UNION ALL SELECT business_unit, customer_id, received_at FROM complaints
    )
    WHERE customer_id IS NOT NULL AND seen_at <= cutoff()
), spaced AS (
    SELECT *,
        lag(month) OVER customer + INTERVAL 12 MONTH AS covered_until,
        lead(month) OVER customer AS next_month
    FROM active
    WINDOW customer AS (PARTITION BY business_unit, customer_id ORDER BY month)
), change AS (
    SELECT business_unit, month, 1 AS step FROM spaced WHERE covered_until IS NULL OR covered_until < month
    UNION ALL
    SELECT business_unit, CAST(month + INTERVAL 12 MONTH AS DATE), -1 FROM spaced WHERE next_month IS NULL OR next_month > month + INTERVAL 12 MONTH
), monthly AS (
    SELECT business_unit, month, sum(step) AS step FROM change GROUP BY ALL
), grid AS (
    SELECT business_unit, CAST(unnest(generate_series(first_month, date_trunc('month', cutoff()), INTERVAL 1 MONTH)) AS DATE) AS month
    FROM (SELECT business_unit, CAST(min(month) AS TIMESTAMP) AS first_month FROM monthly GROUP BY ALL)
)
SELECT business_unit, month, sum(coalesce(step, 0)) OVER (PARTITION BY business_unit ORDER BY month) AS units
FROM grid
LEFT JOIN monthly USING (business_unit, month)
