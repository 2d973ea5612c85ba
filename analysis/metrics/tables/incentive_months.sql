-- Incentives by technician and month: material, recognition, promotion.
SELECT
    incentives.business_unit, incentives.technician_id, CAST(incentives.month AS TIMESTAMP) AS granted_in,
    incentives.kind AS incentive_kind, incentives.amount
FROM incentives
WHERE incentives.month <= cutoff()
