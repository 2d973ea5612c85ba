-- Sessions of self-service and of the chatbot, by customer and by issue followed for 48 hours: did the customer come to a person after all?
--
-- saving: what a person's contact costs the unit on average in that month, less what the session cost. is_alone: no contact with a person in
-- the 48 hours after it; unknown for a session that names neither its customer nor its issue. A session booked on an order is no deflection:
-- that work went on anyway.
WITH session AS (
    SELECT s.*, row_number() OVER () AS number
    FROM contact_costs AS s
    JOIN interactions AS i USING (interaction_id)
    WHERE s.handled_by IN ('self', 'bot') AND i.work_order_id IS NULL AND NOT coalesce(i.transferred, false)
), person AS (
    SELECT business_unit, customer_id, issue_id, started_at FROM contact_costs WHERE handled_by = 'human'
), followed AS (
    SELECT session.number
    FROM session
    ASOF JOIN person ON session.business_unit = person.business_unit AND session.customer_id = person.customer_id
        AND session.started_at < person.started_at
    WHERE person.started_at < session.started_at + INTERVAL 48 HOUR
    UNION
    SELECT session.number
    FROM session
    ASOF JOIN person ON session.business_unit = person.business_unit AND session.issue_id = person.issue_id
        AND session.started_at < person.started_at
    WHERE person.started_at < session.started_at + INTERVAL 48 HOUR
), price AS (
    SELECT business_unit, date_trunc('month', started_at) AS month, avg(cost) AS person_cost
    FROM contact_costs
    WHERE handled_by = 'human' AND is_handled AND cost IS NOT NULL
    GROUP BY ALL
)
SELECT
    session.business_unit, session.started_at, session.is_resolved,
    session.customer_id IS NOT NULL OR session.issue_id IS NOT NULL AS is_known,
    session.customer_id IS NOT NULL AS is_identified,
    followed.number IS NULL AS is_alone,
    price.person_cost - session.cost AS saving,
    session.channel, session.customer_segment, session.region
FROM session
LEFT JOIN followed ON followed.number = session.number
LEFT JOIN price ON price.business_unit = session.business_unit AND price.month = date_trunc('month', session.started_at)
WHERE session.started_at + INTERVAL 48 HOUR <= cutoff()
