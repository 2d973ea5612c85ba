-- Units in service by business unit, product line and month, as records that can be summed: unit-months.
SELECT business_unit, month, product_line, sum(units) AS units
FROM units_in_service
GROUP BY ALL
