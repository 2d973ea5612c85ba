-- Issues that customers brought to a person, by their first answered contact: was it settled there and then?
--
-- An issue is what its contacts have in common: the issue's number, else the work order, else the contact alone. A contact that was given up
-- in the queue or that a bot or self-service took is no first contact with service; as a later contact it still shows that the issue was not
-- settled. An issue that led to a visit or a workshop repair, or whose order was reopened, was not settled at the first contact.
WITH contact AS (
    SELECT
        business_unit, interaction_id, started_at, channel, customer_id, work_order_id, resolved,
        coalesce('i' || issue_id, 'w' || work_order_id, 'c' || interaction_id) AS issue,
        coalesce(handled_by, 'human') = 'human' AND NOT coalesce(abandoned, false) AS is_answered
    FROM interactions
    WHERE started_at <= cutoff()
), placed AS (
    SELECT
        *,
        lead(started_at) OVER issue AS next_contact_at,
        row_number() OVER (PARTITION BY business_unit, issue, is_answered ORDER BY started_at, interaction_id) AS number,
        max(work_order_id) OVER (PARTITION BY business_unit, issue) AS order_of_issue
    FROM contact
    WINDOW issue AS (PARTITION BY business_unit, issue ORDER BY started_at, interaction_id)
)
SELECT
    placed.business_unit, placed.issue, placed.started_at, placed.customer_id, placed.order_of_issue AS work_order_id,
    coalesce(o.service_mode IN ('onsite', 'depot') OR o.arrived_at IS NOT NULL OR o.visits > 0, false) AS needed_visit,
    placed.resolved AND NOT needed_visit
        AND NOT coalesce(placed.next_contact_at < placed.started_at + INTERVAL 7 DAY, false)
        AND NOT coalesce(o.reopens > 0, false) AS is_settled_at_first_contact,
    coalesce(placed.channel, 'unknown') AS channel,
    coalesce(o.product_line, 'unknown') AS product_line,
    coalesce(o.fault_code, 'unknown') AS fault_code,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(customers.region, 'unknown') AS region
FROM placed
LEFT JOIN orders AS o ON o.work_order_id = placed.order_of_issue
LEFT JOIN customers ON customers.customer_id = placed.customer_id
WHERE placed.is_answered AND placed.number = 1
