-- Recorded referrals by the customer who sent somebody, at the first purchase of the one who came: from the customers' table, and from codes
-- on purchases that are a customer's id. A code that is none (a campaign) is no referral.
SELECT business_unit, referred_by AS referrer_id, CAST(first_purchase_on AS TIMESTAMP) AS referred_at
FROM customers
WHERE referred_by IS NOT NULL AND first_purchase_on IS NOT NULL
UNION ALL
SELECT p.business_unit, p.referral_code, p.purchased_at
FROM purchases AS p
JOIN customers AS c ON c.customer_id = p.referral_code
WHERE p.referral_code <> p.customer_id
