-- Invoices: the link by which a purchase can be paid in Telegram.
-- Rule kept here: the first link that is stored counts, so that all who ask are answered with the
-- same one. Only a link that clients no longer open is replaced.

-- name: store_pay_url(purchase_id, pay_url, outdated)$
-- The link that counts. `outdated` is the stored one that this one replaces, NULL if there is none.
UPDATE purchases SET pay_url = COALESCE(NULLIF(pay_url, :outdated), :pay_url)
WHERE purchase_id = :purchase_id
RETURNING pay_url;
