-- Technician, product line and month in which the technician completed an order of that line: with the number of orders, and whether the
-- technician finished a certifying course for the line in the 24 months up to the end of that month. Lines for which nobody was ever
-- certified are left out: there is nothing to hold. So are the months before 24 months of courses are known: coverage would seem to rise
-- while only the memory of the data grows.
WITH served AS (
    SELECT
        business_unit, technician_id, product_line, CAST(date_trunc('month', completed_at) AS TIMESTAMP) AS served_in, count(*) AS orders
    FROM orders
    WHERE completed_at IS NOT NULL AND technician_id <> 'unknown' AND product_line <> 'unknown'
    GROUP BY ALL
), certificate AS (
    SELECT technician_id, lower(certifies_product_line) AS line, CAST(finished_on AS TIMESTAMP) AS since
    FROM training
    WHERE certifies_product_line IS NOT NULL AND finished_on <= cutoff()
)
SELECT
    served.business_unit, served.technician_id, served.product_line, served.served_in, served.orders,
    coalesce(certificate.since >= served.served_in - INTERVAL 23 MONTH, false) AS is_certified
FROM served
ASOF LEFT JOIN certificate
    ON certificate.technician_id = served.technician_id AND certificate.line = lower(served.product_line)
    AND served.served_in + INTERVAL 1 MONTH > certificate.since
WHERE lower(served.product_line) IN (SELECT line FROM certificate)
    AND served.served_in >= (SELECT date_trunc('month', min(since)) + INTERVAL 23 MONTH FROM certificate)
