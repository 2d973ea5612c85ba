-- The days on which a customer was there: bought, asked for service (test and duplicate orders left out), or held a service contract (its
-- first and last day up to the cut-off; `covered_until` is the day up to which a contract keeps a customer).
WITH seen AS (
    SELECT business_unit, customer_id, day, NULL AS covered_until, true AS bought, false AS asked FROM purchase_days
    UNION ALL
    SELECT business_unit, customer_id, CAST(submitted_at AS DATE), NULL, false, true
    FROM work_orders
    WHERE customer_id IS NOT NULL AND submitted_at <= cutoff() AND NOT coalesce(is_test, false) AND NOT coalesce(is_duplicate, false)
    UNION ALL
    SELECT business_unit, customer_id, start_on, least(end_on, CAST(cutoff() AS DATE)), false, false
    FROM contracts
    WHERE start_on <= cutoff()
)
SELECT
    seen.business_unit, seen.customer_id, seen.day,
    greatest(max(coalesce(seen.covered_until, seen.day)), seen.day) AS last_day,
    bool_or(seen.bought) AS bought, bool_or(seen.asked) AS asked, bool_or(seen.bought OR seen.asked) AS counts_as_gap,
    coalesce(any_value(customers.segment), 'unknown') AS customer_segment,
    coalesce(any_value(customers.region), 'unknown') AS region,
    coalesce(any_value(customers.acquired_via), 'unknown') AS acquired_via
FROM seen
LEFT JOIN customers ON customers.customer_id = seen.customer_id
GROUP BY seen.business_unit, seen.customer_id, seen.day
