-- The price of poor service part by part: one row for each part of a bundle that costs something.
SELECT business_unit, month, poor_service_part, cost, product_line, work_order_type, service_mode, channel, customer_segment, region
FROM (
    SELECT *,
        unnest(['repeat_order', 'goodwill', 'further_visits']) AS poor_service_part,
        unnest([repeat_cost, goodwill, further_visits_cost]) AS cost
    FROM cost_bundles
)
WHERE cost <> 0
