-- Contacts as they are measured: who dealt with each, whether it is a self-service session, and when the same customer next turned to a
-- person (a contact that a person dealt with, or a new order).
--
-- handled_by: as recorded; else the channel says it: bot, app and web by themselves, all others by a person. A self-service session is one
-- without a person that belongs to no order: filing an order in the app is a request, not self-service.
WITH counted AS (
    SELECT *,
        coalesce(handled_by, CASE WHEN channel = 'bot' THEN 'bot' WHEN channel IN ('app', 'web') THEN 'self' ELSE 'human' END) AS dealt_with
    FROM interactions
), person AS (
    SELECT business_unit, customer_id, started_at AS turned_at FROM counted WHERE dealt_with = 'human' AND channel <> 'community'
    UNION ALL
    SELECT business_unit, customer_id, submitted_at FROM orders
)
SELECT
    c.interaction_id, c.business_unit, c.customer_id, c.work_order_id, c.started_at,
    coalesce(c.issue_id, 'order ' || c.work_order_id) AS issue,
    c.dealt_with, c.dealt_with = 'human' AND c.channel <> 'community' AS with_a_person,
    c.dealt_with = 'self' AND c.work_order_id IS NULL AND c.channel <> 'community' AS is_session,
    p.turned_at, coalesce(p.turned_at <= c.started_at + INTERVAL 48 HOUR, false) AS turned_to_a_person,
    c.first_reply_at, c.accepted_answer_at, CAST(NULL AS TIMESTAMP) AS left_at,
    c.resolved, c.transferred, c.abandoned, c.wait_seconds, c.handle_seconds,
    coalesce(c.channel, 'unknown') AS channel,
    coalesce(customers.region, 'unknown') AS region,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(orders.product_line, 'unknown') AS product_line,
    coalesce(orders.fault_code, 'unknown') AS fault_code
FROM counted AS c
ASOF LEFT JOIN (SELECT * FROM person WHERE customer_id IS NOT NULL) AS p
    ON p.business_unit = c.business_unit AND p.customer_id = c.customer_id AND p.turned_at > c.started_at
LEFT JOIN orders ON orders.work_order_id = c.work_order_id
LEFT JOIN customers ON customers.customer_id = c.customer_id
