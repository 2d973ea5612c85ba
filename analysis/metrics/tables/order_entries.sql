-- Work orders as they arrived: those kept, those refused, those repeated identically; what is wrong with each of them.
--
-- contradicts: a time before the one it should follow. too_long: more than a year from first to last time.
-- repeats: the same row or key again, marked as a duplicate, or the same unit with the same fault on the same day; a follow-up order
-- that names its parent is none. midnight_stamps: times of exactly 00:00:00, which is how systems write a day without a time.
WITH same_day AS (
    SELECT work_order_id
    FROM work_orders
    WHERE serial_no IS NOT NULL AND fault_code IS NOT NULL AND parent_work_order_id IS NULL
        AND hash(serial_no, fault_code, CAST(submitted_at AS DATE)) IN (
            SELECT hash(serial_no, fault_code, CAST(submitted_at AS DATE))
            FROM work_orders
            WHERE serial_no IS NOT NULL AND fault_code IS NOT NULL AND parent_work_order_id IS NULL
            GROUP BY ALL
            HAVING count(*) > 1
        )
    QUALIFY row_number() OVER (
        PARTITION BY serial_no, fault_code, CAST(submitted_at AS DATE) ORDER BY submitted_at, work_order_id) > 1
)
SELECT
    business_unit, submitted_at, 'kept' AS kind, false AS contradicts,
    coalesce(greatest(completed_at, closed_at, cancelled_at) > submitted_at + INTERVAL 365 DAY, false) AS too_long,
    coalesce(is_duplicate, false) OR work_order_id IN (SELECT work_order_id FROM same_day) AS repeats,
    len(list_filter(
        [submitted_at, handled_at, assigned_at, arrived_at, completed_at, closed_at], lambda moment: moment IS NOT NULL)) AS stamps,
    len(list_filter([submitted_at, handled_at, assigned_at, arrived_at, completed_at, closed_at],
        lambda moment: CAST(moment AS TIME) = TIME '00:00:00')) AS midnight_stamps
FROM work_orders
UNION ALL
SELECT
    business_unit, happened_at AS submitted_at, kind,
    coalesce(reasons LIKE '% before %' OR reasons LIKE '%from first to last time%', false) AS contradicts,
    false AS too_long,
    kind = 'duplicate' OR coalesce(reasons LIKE '%same key%', false) AS repeats,
    NULL AS stamps, NULL AS midnight_stamps
FROM excluded_rows
WHERE table_name = 'work_orders' AND business_unit IN (SELECT DISTINCT business_unit FROM work_orders)
