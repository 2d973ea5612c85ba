-- Work orders as they are measured: tests and duplicates left out (the store counts them), one moment at which each left the books,
-- milestones for the stages, due times, and the names to break down by.
--
-- left_at: completed, or cancelled; a cancelled order without its time left at its last known stamp, so that it is no backlog for ever.
-- reached_…_at: the milestones since submission. A missing middle stamp whose later stamp exists takes the milestone before it: a remote
-- order has no dispatch and no response part, and the parts add up to the whole exactly.
WITH counted AS (
    SELECT * REPLACE (coalesce(completed_at, CASE WHEN status = 'completed' THEN closed_at END) AS completed_at)
    FROM work_orders
    WHERE NOT coalesce(is_test, false) AND NOT coalesce(is_duplicate, false)
), stamped AS (
    SELECT *,
        CASE
            WHEN completed_at IS NOT NULL THEN completed_at
            WHEN cancelled_at IS NOT NULL OR status IN ('cancelled', 'completed')
                THEN coalesce(cancelled_at, closed_at, greatest(submitted_at, handled_at, assigned_at, arrived_at))
        END AS left_at,
        CASE WHEN coalesce(handled_at, assigned_at, arrived_at, completed_at) IS NOT NULL
            THEN coalesce(handled_at, submitted_at) END AS reached_handling_at,
        CASE WHEN coalesce(assigned_at, arrived_at, completed_at) IS NOT NULL
            THEN coalesce(assigned_at, handled_at, submitted_at) END AS reached_dispatch_at,
        CASE WHEN coalesce(arrived_at, completed_at) IS NOT NULL
            THEN coalesce(arrived_at, assigned_at, handled_at, submitted_at) END AS reached_arrival_at
    FROM counted
), policy AS (
    SELECT
        coalesce(priority, '') AS priority, coalesce(clock, 'calendar') AS clock, response_target_hours, resolution_target_hours,
        nullif(replace(lower(stops_for), ' ', ''), '') AS stops_for
    FROM sla_policies
    QUALIFY row_number() OVER (PARTITION BY priority ORDER BY policy_id) = 1
), promised AS (
    -- the policy of the order's priority, else the one without a priority: seconds on its clock, business hours or calendar time
    SELECT
        w.work_order_id, w.submitted_at, p.clock = 'business' AS in_business_hours, p.stops_for,
        unnest(['response', 'resolution']) AS promise,
        unnest([3600 * p.response_target_hours, 3600 * p.resolution_target_hours]) AS seconds
    FROM stamped AS w
    JOIN policy AS p ON p.priority = CASE WHEN w.priority IN (SELECT priority FROM policy) THEN w.priority ELSE '' END
    WHERE w.response_due_at IS NULL OR w.resolution_due_at IS NULL
), clocked AS (
    -- where the policy's clock stands at the deadline: working seconds up to the submission (opening hours of its day), or seconds since
    -- 1970, and the promised ones
    SELECT
        promised.*,
        promised.seconds + CASE WHEN in_business_hours THEN started.seconds_before
            + least(greatest(epoch(promised.submitted_at - started.opens), 0), started.seconds)
            ELSE epoch(promised.submitted_at) END AS clock_due
    FROM promised
    ASOF LEFT JOIN work_clock AS started ON promised.submitted_at >= started.day
), paused AS (
    -- the pauses of orders whose policy stops for some; each lasts until a step that `order_waits` too takes for its end
    SELECT
        work_order_id, event, event_at AS began_at, lower(pause_reason) AS reason,
        min(event_at) FILTER (event IN ('paused', 'resumed', 'completed', 'closed', 'cancelled')) OVER (
            PARTITION BY work_order_id ORDER BY event_at, seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS ended_at
    FROM work_order_events
    WHERE event_at <= cutoff() AND work_order_id IN (SELECT work_order_id FROM clocked WHERE stops_for IS NOT NULL)
), stopped AS (
    -- where the clock stood when it was stopped and started again
    SELECT
        c.work_order_id, c.promise, c.clock_due,
        CASE WHEN c.in_business_hours THEN b.seconds_before + least(greatest(epoch(p.began_at - b.opens), 0), b.seconds)
            ELSE epoch(p.began_at) END AS clock_from,
        CASE WHEN c.in_business_hours THEN e.seconds_before + least(greatest(epoch(p.ended_at - e.opens), 0), e.seconds)
            ELSE epoch(p.ended_at) END AS clock_to
    FROM clocked AS c
    JOIN paused AS p ON p.work_order_id = c.work_order_id AND p.event = 'paused' AND p.began_at >= c.submitted_at
        AND list_contains(string_split(c.stops_for, ';'), p.reason)
    LEFT JOIN day_clock AS b ON b.day = CAST(p.began_at AS DATE)
    LEFT JOIN day_clock AS e ON e.day = CAST(p.ended_at AS DATE)
), extended AS (
    -- a pause that began before the promised time was used up moves the deadline on; while one of them lasts there is no deadline
    SELECT
        work_order_id, promise, sum(clock_to - clock_from) AS added, bool_or(clock_to IS NULL) AS stands
    FROM (
        SELECT *, coalesce(sum(clock_to - clock_from) OVER (
            PARTITION BY work_order_id, promise ORDER BY clock_from ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS added_before
        FROM stopped
    )
    WHERE clock_from - added_before < clock_due
    GROUP BY work_order_id, promise
), dated AS (
    SELECT
        clocked.work_order_id, clocked.promise, clocked.in_business_hours,
        CASE WHEN NOT coalesce(extended.stands, false) THEN clocked.clock_due + coalesce(extended.added, 0) END AS clock_due
    FROM clocked
    LEFT JOIN extended ON extended.work_order_id = clocked.work_order_id AND extended.promise = clocked.promise
), due AS (
    SELECT
        work_order_id,
        max(moment) FILTER (WHERE promise = 'response') AS response_due_at,
        max(moment) FILTER (WHERE promise = 'resolution') AS resolution_due_at
    FROM (
        SELECT
            dated.work_order_id, dated.promise,
            CASE WHEN dated.in_business_hours THEN ended.opens + to_seconds(dated.clock_due - ended.seconds_before)
                ELSE make_timestamp(CAST(round(1e6 * dated.clock_due) AS BIGINT)) END AS moment
        FROM dated
        ASOF LEFT JOIN work_clock AS ended ON CASE WHEN dated.in_business_hours THEN dated.clock_due END <= ended.seconds_after
    )
    GROUP BY work_order_id
), complained AS (
    SELECT o.work_order_id, count(*) AS linked_complaints
    FROM complaints AS c
    JOIN stamped AS o USING (work_order_id)
    WHERE c.received_at < o.completed_at + INTERVAL 30 DAY
    GROUP BY o.work_order_id
)
SELECT
    o.work_order_id, o.business_unit, o.customer_id, o.serial_no, o.status,
    o.submitted_at, o.handled_at, o.assigned_at, o.arrived_at, o.completed_at, o.closed_at, o.left_at, o.first_response_at,
    CASE WHEN o.completed_at IS NULL THEN o.left_at END AS cancelled_at,
    o.reached_handling_at, o.reached_dispatch_at, o.reached_arrival_at,
    coalesce(o.response_due_at, due.response_due_at) AS response_due_at,
    coalesce(o.resolution_due_at, due.resolution_due_at) AS resolution_due_at,
    o.visits, o.reassignments, o.reopens, o.escalated, o.resolution_code, o.parent_work_order_id,
    coalesce(complained.linked_complaints, 0) AS linked_complaints,
    coalesce(products.product_line, 'unknown') AS product_line,
    coalesce(o.product_id, installed_units.product_id, 'unknown') AS product_id,
    coalesce(o.fault_code, 'unknown') AS fault_code,
    coalesce(o.work_order_type, 'unknown') AS work_order_type,
    coalesce(o.service_mode, 'unknown') AS service_mode,
    coalesce(o.channel, 'unknown') AS channel,
    coalesce(o.priority, 'unknown') AS priority,
    coalesce(o.technician_id, 'unknown') AS technician_id,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(customers.region, 'unknown') AS region,
    coalesce(CAST(coalesce(o.in_warranty, o.submitted_at < installed_units.warranty_end_on + INTERVAL 1 DAY) AS VARCHAR), 'unknown')
        AS in_warranty
FROM stamped AS o
LEFT JOIN installed_units ON installed_units.serial_no = o.serial_no
LEFT JOIN products ON products.product_id = coalesce(o.product_id, installed_units.product_id)
LEFT JOIN customers ON customers.customer_id = o.customer_id
LEFT JOIN due ON due.work_order_id = o.work_order_id
LEFT JOIN complained ON complained.work_order_id = o.work_order_id
