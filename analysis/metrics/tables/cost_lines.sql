-- Every booked cost in the month of the service, with what it was for and the names of the order it was booked on.
--
-- cost_scope: order (booked on a work order), return (on a return, or a handling of returns without its number), shared (neither: the
-- warehouse, technical support, training …). Costs of test and duplicate orders are money spent and stay in; such an order has no names here.
SELECT
    c.business_unit, c.cost_id, c.incurred_on, c.amount, c.work_order_id,
    CASE
        WHEN c.work_order_id IS NOT NULL THEN 'order'
        WHEN c.return_id IS NOT NULL OR c.cost_type = 'return_handling' THEN 'return'
        ELSE 'shared'
    END AS cost_scope,
    CASE WHEN c.recorded_at >= c.incurred_on THEN epoch(c.recorded_at - CAST(c.incurred_on AS TIMESTAMP)) / 86400 END AS entry_lag_days,
    coalesce(c.cost_type, 'unknown') AS cost_type,
    coalesce(products.product_line, o.product_line, 'unknown') AS product_line,
    coalesce(o.work_order_type, 'unknown') AS work_order_type,
    coalesce(o.service_mode, 'unknown') AS service_mode,
    coalesce(o.channel, 'unknown') AS channel,
    coalesce(o.customer_segment, 'unknown') AS customer_segment,
    coalesce(o.region, 'unknown') AS region
FROM costs AS c
LEFT JOIN orders AS o ON o.work_order_id = c.work_order_id
LEFT JOIN products ON products.product_id = c.product_id
WHERE c.incurred_on <= cutoff()
