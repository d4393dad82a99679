-- Invoices: the link by which a purchase can be paid in Telegram. Rule kept here: the first link
-- that is stored counts, so that all who ask are answered with the same one.

-- name: store_pay_url(purchase_id, pay_url)$
-- The link that counts.
UPDATE purchases SET pay_url = COALESCE(pay_url, :pay_url)
WHERE purchase_id = :purchase_id
RETURNING pay_url;
