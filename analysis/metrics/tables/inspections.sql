-- What was inspected with a result: repairs completed with a resolution, returns inspected; and whether no fault was found.
-- Repairs count where the resolutions are in the data model's words at all: codes of another kind do not say that a fault was found.
SELECT
    business_unit, completed_at AS inspected_at, 'repair' AS inspected,
    resolution_code IN ('no_fault', 'no_fault_found', 'nff') AS no_fault,
    product_line, product_id, fault_code, region, customer_segment
FROM product_faults
WHERE completed_at IS NOT NULL AND resolution_code IS NOT NULL
    AND EXISTS (SELECT 1 FROM product_faults WHERE resolution_code IN ('fixed', 'replaced', 'no_fault', 'no_fault_found', 'nff'))
UNION ALL BY NAME
SELECT
    c.business_unit, c.inspected_at, 'return' AS inspected, r.inspection_result = 'no_fault' AS no_fault,
    c.product_line, c.product_id, 'unknown' AS fault_code, c.region, c.customer_segment
FROM return_cases AS c
JOIN returns AS r USING (return_id)
WHERE c.inspected_at IS NOT NULL AND r.inspection_result IS NOT NULL
