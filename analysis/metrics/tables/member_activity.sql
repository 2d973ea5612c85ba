-- The days on which a member of the loyalty programme bought or moved points, from joining on; the day of joining with `is_joining`.
WITH joined AS (
    SELECT business_unit, customer_id, min(joined_on) AS joined_on FROM loyalty_members WHERE joined_on <= cutoff() GROUP BY ALL
)
SELECT business_unit, customer_id, joined_on AS day, true AS is_joining FROM joined
UNION ALL
SELECT DISTINCT j.business_unit, j.customer_id, seen.day, false
FROM joined AS j
JOIN (
    SELECT business_unit, customer_id, day FROM purchase_days
    UNION ALL
    SELECT business_unit, customer_id, CAST("at" AS DATE) FROM loyalty_transactions WHERE "at" <= cutoff()
) AS seen USING (business_unit, customer_id)
WHERE seen.day >= j.joined_on
