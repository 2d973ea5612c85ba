-- Units sold since the data of their business unit begin, each with what was claimed for it: a unit sold before could have claimed
-- unseen, so that it belongs to no cohort. Ages count from the day of sale; 3 months are 91 days, 12 months 365.
WITH sold AS (
    SELECT
        u.serial_no, u.business_unit, u.product_id, u.customer_id, u.batch,
        CAST(coalesce(u.sold_on, u.in_service_on, u.shipped_on) AS TIMESTAMP) AS sold_at,
        CAST(u.produced_on AS TIMESTAMP) AS produced_at
    FROM installed_units AS u
    JOIN watched_since AS w ON w.business_unit = u.business_unit
    WHERE coalesce(u.sold_on, u.in_service_on, u.shipped_on) BETWEEN w.since AND CAST(cutoff() AS DATE)
), claimed AS (
    SELECT
        sold.serial_no,
        count(*) FILTER (e.claimed_at < sold.sold_at + INTERVAL 91 DAY) AS claims_3m,
        count(*) FILTER (e.claimed_at < sold.sold_at + INTERVAL 365 DAY) AS claims_12m
    FROM sold
    JOIN claim_events AS e ON e.serial_no = sold.serial_no AND e.claimed_at >= sold.sold_at
    GROUP BY sold.serial_no
), failed AS (
    SELECT DISTINCT serial_no
    FROM product_faults
    WHERE age_days BETWEEN 0 AND 29
)
SELECT
    sold.business_unit, sold.serial_no, sold.sold_at, sold.produced_at, sold.product_id,
    coalesce(claimed.claims_3m, 0) AS claims_3m,
    coalesce(claimed.claims_12m, 0) AS claims_12m,
    failed.serial_no IS NOT NULL AS failed_30d,
    coalesce(products.product_line, 'unknown') AS product_line,
    coalesce(sold.batch, 'unknown') AS batch,
    coalesce(products.supplier, 'unknown') AS supplier,
    coalesce(customers.segment, 'unknown') AS customer_segment,
    coalesce(customers.region, 'unknown') AS region
FROM sold
LEFT JOIN claimed ON claimed.serial_no = sold.serial_no
LEFT JOIN failed ON failed.serial_no = sold.serial_no
LEFT JOIN products ON products.product_id = sold.product_id
LEFT JOIN customers ON customers.customer_id = sold.customer_id
