-- From one purchase day to the customer's next: each customer once in a period, from their first purchase day in it.
-- is_first: the customer's first purchase ever, as far as the data or the customers' table know.
SELECT
    business_unit, customer_id, CAST(day AS TIMESTAMP) AS purchased_at, CAST(next_day AS TIMESTAMP) AS next_at, day = first_on AS is_first,
    product_line, customer_segment, region, channel, acquired_via, personalised
FROM (
    SELECT
        *, lead(day) OVER (PARTITION BY business_unit, customer_id ORDER BY day) AS next_day,
        row_number() OVER (PARTITION BY business_unit, customer_id, period_of(day) ORDER BY day) AS nth
    FROM purchase_days
)
WHERE nth = 1
