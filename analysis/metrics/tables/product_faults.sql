-- Repair orders as product faults: whether each is the first of its fault, the unit's own make, and when the same fault came back.
--
-- is_first: no order it follows up is recorded, and none of the same unit and fault was submitted in the 30 days before.
-- age_days: from the sale of the unit; unknown where unit or sale is.
WITH fault AS (
    SELECT
        orders.*,
        CAST(coalesce(u.sold_on, u.in_service_on, u.shipped_on) AS TIMESTAMP) AS sold_at,
        coalesce(u.batch, 'unknown') AS batch,
        coalesce(products.supplier, 'unknown') AS supplier
    FROM orders
    LEFT JOIN installed_units AS u ON u.serial_no = orders.serial_no
    LEFT JOIN products ON products.product_id = orders.product_id
    WHERE orders.work_order_type IN ('repair', 'unknown')
), followed AS (
    SELECT *,
        lag(submitted_at) OVER unit_and_fault AS last_same_fault_at,
        lead(submitted_at) OVER unit_and_fault AS next_submitted_at
    FROM fault
    WHERE serial_no IS NOT NULL
    WINDOW unit_and_fault AS (PARTITION BY serial_no, fault_code ORDER BY submitted_at, work_order_id)
)
SELECT
    work_order_id, business_unit, customer_id, serial_no, submitted_at, completed_at, left_at, sold_at, resolution_code,
    parent_work_order_id IS NULL AND (last_same_fault_at IS NULL OR last_same_fault_at + INTERVAL 30 DAY < submitted_at) AS is_first,
    serial_no IS NOT NULL AND fault_code <> 'unknown' AS can_recur,
    CASE WHEN fault_code <> 'unknown' AND next_submitted_at >= completed_at THEN next_submitted_at END AS next_same_fault_at,
    date_diff('day', sold_at, submitted_at) AS age_days,
    product_line, product_id, batch, supplier, fault_code, channel, customer_segment, region, in_warranty
FROM (
    SELECT * FROM followed
    UNION ALL BY NAME
    SELECT *, CAST(NULL AS TIMESTAMP) AS last_same_fault_at, CAST(NULL AS TIMESTAMP) AS next_submitted_at FROM fault WHERE serial_no IS NULL
)
