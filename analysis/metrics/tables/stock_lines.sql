-- Spare parts in stock at the end of each month, with how long each has lain without a movement.
SELECT
    business_unit, part_id, month, quantity, value,
    date_diff('day', CAST(last_moved_on AS DATE), last_day(month)) AS idle_days
FROM parts_stock
WHERE last_day(month) <= CAST(cutoff() AS DATE)
