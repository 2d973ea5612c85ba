-- Orders that came back: an order for a fault submitted within 30 days after the completion of another one for the same appliance with the
-- same known fault (where one of the two bears no serial number: for the same customer and product), or one that names such an order as its
-- parent. Metric 45 looks ahead from the first order (is it followed?); here the second one is named, because its cost is the cost of coming
-- back.
WITH fault_order AS (
    SELECT
        work_order_id, submitted_at, completed_at,
        's' || serial_no || '/' || fault_code AS unit_key,
        CASE WHEN product_id <> 'unknown' THEN customer_id || '/' || product_id || '/' || fault_code END AS pair_key
    FROM orders
    WHERE work_order_type IN ('repair', 'unknown') AND fault_code <> 'unknown'
), done AS (
    -- an order that was completed the moment it was submitted must not find itself
    SELECT
        unnest(CASE WHEN unit_key IS NOT NULL THEN [unit_key, 'p' || pair_key] ELSE ['q' || pair_key] END) AS key,
        CASE WHEN completed_at > submitted_at THEN completed_at ELSE completed_at + INTERVAL 1 MICROSECOND END AS since
    FROM fault_order
    WHERE completed_at IS NOT NULL
), looking AS (
    SELECT
        work_order_id, submitted_at,
        unnest(CASE WHEN unit_key IS NOT NULL THEN [unit_key, 'q' || pair_key] ELSE ['p' || pair_key, 'q' || pair_key] END) AS key
    FROM fault_order
)
SELECT looking.work_order_id
FROM looking
ASOF JOIN done ON looking.key = done.key AND looking.submitted_at >= done.since
WHERE looking.submitted_at < done.since + INTERVAL 30 DAY
UNION
SELECT child.work_order_id
FROM work_orders AS given
JOIN orders AS child USING (work_order_id)
JOIN orders AS parent ON parent.work_order_id = given.parent_work_order_id
WHERE child.work_order_type IN ('repair', 'unknown') AND child.work_order_id <> parent.work_order_id
    AND child.submitted_at >= parent.completed_at AND child.submitted_at < parent.completed_at + INTERVAL 30 DAY
