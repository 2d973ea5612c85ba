-- Contacts with what they cost and who handled them. A contact of unknown handling counts as a person's, except on a channel that has none.
SELECT
    i.business_unit, i.interaction_id, i.started_at, i.cost, i.customer_id, i.issue_id,
    coalesce(i.resolved, false) AS is_resolved,
    coalesce(i.handled_by, CASE WHEN i.channel = 'bot' THEN 'bot' ELSE 'human' END) AS handled_by,
    NOT coalesce(i.abandoned, false) AS is_handled,
    i.channel,
    coalesce(o.product_line, 'unknown') AS product_line,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(customers.region, 'unknown') AS region
FROM interactions AS i
LEFT JOIN orders AS o ON o.work_order_id = i.work_order_id
LEFT JOIN customers ON customers.customer_id = i.customer_id
WHERE i.started_at <= cutoff()
