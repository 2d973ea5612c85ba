-- From which day on the data know the claims and orders of a business unit: what a unit did before is unknown, not nothing.
SELECT business_unit, CAST(min(seen_at) AS DATE) AS since
FROM (
    SELECT business_unit, submitted_at AS seen_at FROM work_orders
    UNION ALL SELECT business_unit, claimed_at FROM warranty_claims
)
WHERE seen_at <= cutoff()
GROUP BY business_unit
