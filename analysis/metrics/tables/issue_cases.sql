-- Quality issues opened with the factories, with the names to break down by.
SELECT
    i.issue_id, i.business_unit, i.opened_at, i.closed_at,
    coalesce(i.product_id, 'unknown') AS product_id,
    coalesce(products.product_line, 'unknown') AS product_line,
    coalesce(i.fault_code, 'unknown') AS fault_code,
    coalesce(i.root_cause, 'unknown') AS root_cause
FROM quality_issues AS i
LEFT JOIN products ON products.product_id = i.product_id
