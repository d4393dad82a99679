-- Pay links of the mock.
-- Rule kept here: what identifies a purchase in its link never changes, only the address before it.

-- name: move_pay_url(purchase_id, pay_url)!
-- The same link under another address.
UPDATE purchases SET pay_url = :pay_url WHERE purchase_id = :purchase_id AND mode = 'mock';
