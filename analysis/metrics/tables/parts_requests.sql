-- Parts asked for by orders that are measured: when they were asked for, when they were at hand, and how many.
--
-- asked_at: where it is not recorded, the order's arrival or submission. at_hand: available when asked for (within a minute); unknown
-- where neither stamp is recorded. A part that is still awaited has no available_at and is open, not late for ever.
SELECT
    orders.business_unit, orders.work_order_id, parts_usage.part_id,
    coalesce(parts_usage.requested_at, orders.arrived_at, orders.submitted_at) AS asked_at,
    parts_usage.available_at,
    CASE WHEN parts_usage.requested_at IS NOT NULL
        THEN coalesce(parts_usage.available_at < parts_usage.requested_at + INTERVAL 1 MINUTE, false) END AS at_hand,
    CASE WHEN parts_usage.available_at >= parts_usage.requested_at + INTERVAL 1 MINUTE OR parts_usage.available_at IS NULL
        THEN parts_usage.requested_at END AS awaited_from,
    CASE WHEN parts_usage.available_at IS NULL THEN orders.left_at END AS left_at,
    parts_usage.quantity,
    coalesce(parts_usage.supplier, 'unknown') AS supplier,
    orders.product_line, orders.channel, orders.customer_segment, orders.region
FROM parts_usage
JOIN orders USING (work_order_id)
