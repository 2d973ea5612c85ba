-- The warranty reserve by business unit and month: accrued, used, and what is left.
SELECT business_unit, month, accrual, claims_paid, balance
FROM warranty_reserve
