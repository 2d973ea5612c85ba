-- Warranty claims with the names to break down by; a rejected claim is none that was paid.
SELECT
    c.business_unit, c.claim_id, c.claimed_at, c.paid_at, c.amount, c.supplier_recoverable,
    CASE WHEN c.supplier_recoverable > 0 THEN coalesce(c.recovered, 0) END AS recovered,
    coalesce(products.product_line, 'unknown') AS product_line,
    coalesce(c.product_id, installed_units.product_id, 'unknown') AS product_id,
    coalesce(products.supplier, 'unknown') AS supplier
FROM warranty_claims AS c
LEFT JOIN installed_units ON installed_units.serial_no = c.serial_no
LEFT JOIN products ON products.product_id = coalesce(c.product_id, installed_units.product_id)
