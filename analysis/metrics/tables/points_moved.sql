-- Points issued and redeemed, as positive numbers, however the source signs them.
SELECT
    t.transaction_id, t.business_unit, t.customer_id, t.at AS moved_at, t.kind, abs(t.points) AS points,
    coalesce(t.reward_type, 'unknown') AS reward_type,
    coalesce(m.tier, 'unknown') AS tier
FROM loyalty_transactions AS t
LEFT JOIN loyalty_members AS m ON m.customer_id = t.customer_id
