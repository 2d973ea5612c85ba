-- Completed orders by how they were solved: from afar, or with somebody at the product. Eligible: a contact about the order was marked as
-- one that could be solved from afar. Without a service mode, an order without visit and arrival counts as remote.
WITH marked AS (
    SELECT work_order_id, bool_or(remote_eligible) AS is_eligible FROM interactions WHERE remote_eligible IS NOT NULL GROUP BY work_order_id
), visited AS (
    SELECT work_order_id, count(*) AS visits FROM visits GROUP BY work_order_id
), cases AS (
    SELECT o.*, marked.is_eligible,
        coalesce(o.visits, visited.visits, CASE WHEN EXISTS (SELECT 1 FROM visited) THEN 0 END) AS visit_count
    FROM orders AS o
    LEFT JOIN marked USING (work_order_id)
    LEFT JOIN visited USING (work_order_id)
    WHERE o.completed_at IS NOT NULL
)
SELECT
    business_unit, work_order_id, completed_at, visit_count,
    work_order_type IN ('repair', 'unknown') AS is_repair,
    coalesce(is_eligible, false) AS is_eligible,
    CASE WHEN service_mode <> 'unknown' THEN service_mode = 'remote'
        WHEN visit_count IS NOT NULL THEN visit_count = 0 AND arrived_at IS NULL END AS is_remote,
    product_line, fault_code, channel, priority, region, customer_segment
FROM cases
