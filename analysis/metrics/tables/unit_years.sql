-- Unit-years in service by business unit, product, batch and month, from the first month of the unit's own orders on. The number in
-- service is that of units_in_service; its batches share it as the installed units of the product say.
WITH batches AS (
    SELECT business_unit, product_id, month, batch, sum(units) AS units
    FROM unit_months
    GROUP BY ALL
), shares AS (
    SELECT
        business_unit, product_id, month, batch,
        units / nullif(sum(units) OVER (PARTITION BY business_unit, product_id, month), 0) AS share
    FROM batches
)
SELECT
    e.business_unit, e.month, e.product_id, e.product_line,
    coalesce(products.supplier, 'unknown') AS supplier,
    coalesce(shares.batch, 'unknown') AS batch,
    e.units * coalesce(shares.share, 1) * day(last_day(e.month)) / 365 AS units
FROM units_in_service AS e
JOIN watched_since AS w ON w.business_unit = e.business_unit AND e.month >= date_trunc('month', w.since)
LEFT JOIN shares ON shares.business_unit = e.business_unit AND shares.product_id = e.product_id AND shares.month = e.month
LEFT JOIN products ON products.product_id = e.product_id
