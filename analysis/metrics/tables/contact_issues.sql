-- Issues with what it took: the contacts about each in the 14 days from the first one, and over how many channels. The channel is the
-- first contact's, of two at the same moment that of the lower id: rows come in any order. A contact that names no issue and no order stands
-- for itself.
WITH begun AS (
    SELECT *,
        coalesce(issue, 'contact ' || interaction_id) AS about,
        min(started_at) OVER (PARTITION BY business_unit, coalesce(issue, 'contact ' || interaction_id)) AS first_at
    FROM contacts
)
SELECT
    business_unit, about, first_at,
    count(*) AS contacts,
    count(DISTINCT channel) AS channels,
    arg_min(channel, (started_at, interaction_id)) AS channel,
    arg_min(region, (started_at, interaction_id)) AS region,
    arg_min(customer_segment, (started_at, interaction_id)) AS customer_segment,
    arg_min(product_line, (started_at, interaction_id)) AS product_line
FROM begun
WHERE started_at <= first_at + INTERVAL 14 DAY
GROUP BY business_unit, about, first_at
