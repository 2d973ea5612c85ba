-- Technicians with the time they were in post. A hiring date that is not recorded counts as before the data; who leaves after the cut-off
-- has not left.
SELECT
    business_unit, technician_id,
    CAST(coalesce(hired_on, DATE '1970-01-01') AS TIMESTAMP) AS hired_at,
    CASE WHEN left_on <= cutoff() THEN CAST(left_on AS TIMESTAMP) END AS left_at,
    coalesce(grade, 'unknown') AS grade
FROM technicians
