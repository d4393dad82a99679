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

-- name: list_purchases(purchase_type, status, user_id, item_id, mode, source, channel, fulfilled, since, until, after_at, after_id, max_rows)
-- Newest first; a NULL asks for nothing. The last row of a page is the key of the next one: no page
-- is skipped or shown twice because of what has come in meanwhile.
SELECT purchase_document(purchases)
FROM purchases
WHERE (:purchase_type::text IS NULL OR purchase_type = :purchase_type)
    AND (:status::text IS NULL OR status = :status)
    AND (:user_id::text IS NULL OR user_id = :user_id)
    AND (:item_id::text IS NULL OR item_id = :item_id)
    AND (:mode::text IS NULL OR mode = :mode)
    AND (:source::text IS NULL OR source = :source)
    AND (:channel::text IS NULL OR channel = :channel)
    AND (:fulfilled::boolean IS NULL OR (fulfilled_at IS NOT NULL) = :fulfilled)
    AND created_at >= COALESCE(:since, '-infinity'::timestamptz)
    AND created_at < COALESCE(:until, 'infinity'::timestamptz)
    AND created_at <= COALESCE(:after_at, 'infinity'::timestamptz)
    AND (:after_at::timestamptz IS NULL OR created_at < :after_at OR purchase_id > :after_id)
ORDER BY created_at DESC, purchase_id
LIMIT :max_rows;
