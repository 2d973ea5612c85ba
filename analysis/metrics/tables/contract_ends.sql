-- Service contracts at their end. Renewed: as the contract says; where it does not say, whether another contract of the customer begins from
-- sixty days before the end to thirty days after it.
WITH followed AS (
    SELECT DISTINCT c.contract_id
    FROM contracts AS c
    JOIN contracts AS n
        ON n.customer_id = c.customer_id AND n.business_unit = c.business_unit AND n.contract_id <> c.contract_id
        AND n.start_on > c.start_on AND n.start_on BETWEEN c.end_on - 60 AND c.end_on + 30
)
SELECT
    c.contract_id, c.business_unit, c.customer_id, CAST(c.end_on AS TIMESTAMP) AS ended_at,
    coalesce(c.renewed, followed.contract_id IS NOT NULL) AS renewed,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(customers.region, 'unknown') AS region
FROM contracts AS c
LEFT JOIN followed ON followed.contract_id = c.contract_id
LEFT JOIN customers ON customers.customer_id = c.customer_id
WHERE c.end_on <= cutoff()
