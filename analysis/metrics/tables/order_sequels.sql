-- Completed orders with what came after them: the next order for the same appliance, whether the order was reopened, complained of or
-- audited, and what its repair needed. One row per completed order; made once, so that everyone means the same by "came back".
--
-- A sequel is an order for a fault (repair, or of unknown type: no installation, maintenance or inspection) submitted at or after the
-- completion, on the same serial number; where one of the two has no serial number, of the same customer for the same product. Or an order
-- that names this one as its parent. next_order_at: the first sequel whatever its fault. next_same_fault_at: the first with the same known
-- fault, or naming this one. next_related_at: the first with the same fault, or where one of the two does not say its fault.
--
-- A customer with more than twelve orders for a fault a year of one product has several of it, or is no person but a shop, a desk or a
-- monitor: customer and product tell no appliance then. Such an order without a serial number has no sequel and is no repair of which one
-- could say whether it held.
WITH crowd AS (
    SELECT customer_id, product_id
    FROM orders
    WHERE work_order_type IN ('repair', 'unknown') AND customer_id IS NOT NULL AND product_id <> 'unknown'
    GROUP BY customer_id, product_id
    HAVING count(*) > 12 * greatest(1, date_diff('day', min(submitted_at), max(submitted_at)) / 365.0)
), fault_order AS (
    SELECT
        o.work_order_id, o.business_unit, o.submitted_at, o.completed_at, o.fault_code,
        's' || o.serial_no AS unit_key,
        CASE WHEN o.product_id <> 'unknown' AND crowd.customer_id IS NULL THEN o.customer_id || '/' || o.product_id END AS pair_key
    FROM orders AS o
    LEFT JOIN crowd ON crowd.customer_id = o.customer_id AND crowd.product_id = o.product_id
    WHERE o.work_order_type IN ('repair', 'unknown')
), asked AS (
    -- the keys under which an order can be found by an earlier one
    SELECT unit_key AS key, submitted_at, fault_code FROM fault_order WHERE unit_key IS NOT NULL
    UNION ALL SELECT 'p' || pair_key, submitted_at, fault_code FROM fault_order WHERE unit_key IS NOT NULL AND pair_key IS NOT NULL
    UNION ALL SELECT 'q' || pair_key, submitted_at, fault_code FROM fault_order WHERE unit_key IS NULL AND pair_key IS NOT NULL
), kinds AS (
    SELECT count(unit_key) > 0 AS serials, count(*) FILTER (unit_key IS NULL AND pair_key IS NOT NULL) > 0 AS blanks FROM fault_order
), looking AS MATERIALIZED (
    -- the keys under which a completed order looks, where something was asked after it; one that was completed the moment it was
    -- submitted must not find itself
    SELECT look.*
    FROM (
        SELECT
            work_order_id, fault_code,
            unnest(CASE
                WHEN unit_key IS NOT NULL AND blanks THEN [unit_key, 'q' || pair_key]
                WHEN unit_key IS NOT NULL THEN [unit_key]
                WHEN serials THEN ['p' || pair_key, 'q' || pair_key]
                ELSE ['q' || pair_key]
            END) AS key,
            CASE WHEN completed_at > submitted_at THEN completed_at - INTERVAL 1 MICROSECOND ELSE completed_at END AS since
        FROM fault_order, kinds
        WHERE completed_at IS NOT NULL
    ) AS look
    JOIN (SELECT key, max(submitted_at) AS last_at FROM asked GROUP BY key) AS newest ON newest.key = look.key
    WHERE look.since < newest.last_at
), answering AS MATERIALIZED (
    SELECT * FROM asked WHERE key IN (SELECT key FROM looking)
), looking_for_same AS (
    -- those of whose fault something was asked after them, and beneath those after which a fault was not said: most find nothing, and need
    -- no search
    SELECT looking.work_order_id, looking.key, looking.fault_code, looking.since
    FROM looking
    JOIN (SELECT key, fault_code, max(submitted_at) AS last_at FROM answering GROUP BY ALL) AS newest
        ON newest.key = looking.key AND newest.fault_code = looking.fault_code
    WHERE looking.fault_code <> 'unknown' AND looking.since < newest.last_at
), looking_for_blank AS (
    SELECT looking.work_order_id, looking.key, looking.since
    FROM looking
    JOIN (SELECT key, max(submitted_at) AS last_at FROM answering WHERE fault_code = 'unknown' GROUP BY ALL) AS newest
        ON newest.key = looking.key
    WHERE looking.since < newest.last_at
), found AS (
    SELECT looking.work_order_id, asked.submitted_at AS any_at, NULL::TIMESTAMP AS same_at, NULL::TIMESTAMP AS blank_at
    FROM looking ASOF JOIN answering AS asked ON looking.key = asked.key AND looking.since < asked.submitted_at
    UNION ALL
    SELECT looking.work_order_id, NULL, asked.submitted_at, NULL
    FROM looking_for_same AS looking
    ASOF JOIN (SELECT * FROM answering WHERE fault_code <> 'unknown') AS asked
        ON looking.key = asked.key AND looking.fault_code = asked.fault_code AND looking.since < asked.submitted_at
    UNION ALL
    SELECT looking.work_order_id, NULL, NULL, asked.submitted_at
    FROM looking_for_blank AS looking
    ASOF JOIN (SELECT * FROM answering WHERE fault_code = 'unknown') AS asked
        ON looking.key = asked.key AND looking.since < asked.submitted_at
    UNION ALL
    SELECT orders.work_order_id, child.submitted_at, child.submitted_at, NULL
    FROM (SELECT work_order_id, parent_work_order_id FROM work_orders WHERE parent_work_order_id IS NOT NULL) AS given
    JOIN fault_order AS child USING (work_order_id)
    JOIN orders ON orders.work_order_id = given.parent_work_order_id
    WHERE child.submitted_at >= orders.completed_at AND child.work_order_id <> orders.work_order_id
), sequel AS (
    SELECT
        work_order_id, min(any_at) AS next_order_at, min(same_at) AS next_same_fault_at,
        least(min(same_at), min(blank_at)) AS next_same_or_blank_at
    FROM found
    GROUP BY work_order_id
), visited AS (
    SELECT work_order_id, count(*) AS visits FROM visits GROUP BY work_order_id
), stepped AS (
    SELECT
        orders.work_order_id,
        bool_or(step.event = 'paused' AND step.pause_reason = 'parts' AND step.event_at < orders.completed_at) AS waited_for_part,
        min(step.event_at) FILTER (step.event = 'reopened' AND step.event_at >= orders.completed_at) AS reopened_at
    FROM orders
    JOIN work_order_events AS step USING (work_order_id)
    WHERE orders.completed_at IS NOT NULL AND step.event_at <= cutoff()
    GROUP BY orders.work_order_id
), offended AS (
    SELECT o.work_order_id, count(*) AS attitude_complaints
    FROM complaints AS c
    JOIN orders AS o USING (work_order_id)
    WHERE c.received_at < o.completed_at + INTERVAL 30 DAY
        AND (lower(c.category) LIKE '%attitude%' OR c.category LIKE '%态度%')
    GROUP BY o.work_order_id
), audited AS (
    SELECT q.work_order_id, min(q.audited_at) AS audited_at FROM quality_audits AS q WHERE q.work_order_id IS NOT NULL GROUP BY q.work_order_id
)
SELECT
    o.business_unit, o.work_order_id, o.submitted_at, o.arrived_at, o.completed_at, o.customer_id, o.serial_no,
    o.work_order_type IN ('repair', 'unknown') AND (o.serial_no IS NOT NULL OR crowd.customer_id IS NULL) AS is_repair,
    coalesce(o.visits, visited.visits) AS visits,
    o.work_order_type IN ('repair', 'unknown') AND (o.serial_no IS NOT NULL OR crowd.customer_id IS NULL)
        AND o.service_mode NOT IN ('remote', 'depot') AND coalesce(o.visits, visited.visits) >= 1 AS is_field_repair,
    sequel.next_order_at, sequel.next_same_fault_at,
    CASE WHEN o.fault_code = 'unknown' THEN sequel.next_order_at ELSE sequel.next_same_or_blank_at END AS next_related_at,
    CASE WHEN coalesce(o.visits, visited.visits) > 1 THEN o.completed_at
        WHEN o.fault_code = 'unknown' THEN sequel.next_order_at ELSE sequel.next_same_or_blank_at END AS not_fixed_at,
    CASE WHEN stepped.work_order_id IS NULL THEN o.reopens > 0
        ELSE coalesce(stepped.reopened_at < o.completed_at + INTERVAL 30 DAY, o.reopens > 0 AND stepped.reopened_at IS NULL, false)
    END AS is_reopened,
    coalesce(offended.attitude_complaints, 0) AS attitude_complaints,
    coalesce(audited.audited_at < o.completed_at + INTERVAL 30 DAY, false) AS is_audited,
    CASE WHEN stepped.work_order_id IS NULL THEN 'unknown' WHEN stepped.waited_for_part THEN 'waited' ELSE 'no wait' END AS parts_wait,
    o.product_line, o.product_id, o.fault_code, o.work_order_type, o.service_mode, o.channel, o.priority, o.technician_id,
    o.customer_segment, o.region, o.in_warranty
FROM orders AS o
LEFT JOIN crowd ON crowd.customer_id = o.customer_id AND crowd.product_id = o.product_id
LEFT JOIN sequel ON sequel.work_order_id = o.work_order_id
LEFT JOIN visited ON visited.work_order_id = o.work_order_id
LEFT JOIN stepped ON stepped.work_order_id = o.work_order_id
LEFT JOIN offended ON offended.work_order_id = o.work_order_id
LEFT JOIN audited ON audited.work_order_id = o.work_order_id
WHERE o.completed_at IS NOT NULL
