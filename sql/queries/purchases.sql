-- Purchases: the reads. They are made and changed by transitions.sql alone.
--
-- A purchase comes back as one JSON document with the fields of the contract (purchase_document).

-- name: get_purchase(purchase_id, user_id, mode)$
-- The caller's own purchase, of the mode the service is in. A NULL asks for anybody's, or any.
SELECT purchase_document(purchases)
FROM purchases
WHERE purchase_id = :purchase_id
    AND (:user_id::text IS NULL OR user_id = :user_id)
    AND (:mode::text IS NULL OR mode = :mode);

-- name: compare_purchase(purchase_id, user_id, mode, item_id, price_stars, purchase_type)^
-- A purchase, and why it is not the one that is asked for ('unchanged' when it is).
SELECT COALESCE(verdict, 'unchanged'), differing, purchase_document(purchases)
FROM purchases
LEFT JOIN terms_refusal(
    purchases,
    :user_id,
    :mode,
    ROW(:item_id, :price_stars, :purchase_type, NULL, NULL, NULL)::purchase_order) ON true
WHERE purchase_id = :purchase_id;
