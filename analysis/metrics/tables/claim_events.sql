-- Warranty claims; where the data have none, first repairs of a fault stand for them. One row each, with the unit it is about.
SELECT c.business_unit, c.serial_no, coalesce(c.product_id, u.product_id, 'unknown') AS product_id, c.claimed_at AS claimed_at, c.amount
FROM warranty_claims AS c
LEFT JOIN installed_units AS u ON u.serial_no = c.serial_no
UNION ALL
SELECT business_unit, serial_no, product_id, submitted_at, NULL
FROM product_faults
WHERE is_first AND NOT EXISTS (SELECT 1 FROM warranty_claims)
