-- Search: which purchases have what is asked for, what they sum up to, and which somebody means who
-- has only a word of theirs.
--
-- The word comes as a person pastes it: the beginning of a purchase's id, or a whole id of
-- something else. What an index finds is asked for first; the rest looks at every event and
-- purchase.

-- name: search_by_index(word, max_rows)
-- Those whose purchase_id begins with the word, whose user it is, or whose charge has this id. In
-- the collation "C" all that begins with a word lies between it and the word with a tilde, which
-- sorts behind every character that an id may have.
WITH meant AS (
    (SELECT purchase_id FROM purchases
    WHERE purchase_id COLLATE "C" >= :word AND purchase_id COLLATE "C" < :word::text || '~'
    ORDER BY purchase_id COLLATE "C"
    LIMIT :max_rows)
    UNION
    (SELECT purchase_id FROM purchases
    WHERE user_id = :word
    ORDER BY created_at DESC, purchase_id
    LIMIT :max_rows)
    UNION
    SELECT purchase_id FROM charges WHERE telegram_payment_charge_id = :word
)
SELECT purchase_document(purchases)
FROM meant
JOIN purchases USING (purchase_id)
ORDER BY created_at DESC, purchase_id
LIMIT :max_rows;

-- name: search_everywhere(word, max_rows)
-- Those of which a request with this id has changed something, or that are of this item.
WITH meant AS (
    SELECT purchase_id FROM events WHERE request_id = :word
    UNION
    SELECT purchase_id FROM purchases WHERE item_id = :word
)
SELECT purchase_document(purchases)
FROM meant
JOIN purchases USING (purchase_id)
ORDER BY created_at DESC, purchase_id
LIMIT :max_rows;

-- name: list_purchases(purchase_type, status, user_id, item_id, mode, source, channel, fulfilled, since, until, after_at, after_id, max_rows)
-- Newest first. The last row of a page is the key of the next one: no page is skipped or shown
-- twice because of what has come in meanwhile.
SELECT purchase_document(purchases)
FROM purchases
WHERE fits_filters(
        purchases, :purchase_type, :status, :user_id, :item_id, :mode, :source, :channel,
        :fulfilled, :since, :until)
    AND created_at <= COALESCE(:after_at, 'infinity'::timestamptz)
    AND (:after_at::timestamptz IS NULL OR created_at < :after_at OR purchase_id > :after_id)
ORDER BY created_at DESC, purchase_id
LIMIT :max_rows;

-- name: total_purchases(purchase_type, status, user_id, item_id, mode, source, channel, fulfilled, since, until)^
-- How many purchases there are, and their Stars.
SELECT count(*), COALESCE(sum(price_stars), 0)::bigint
FROM purchases
WHERE fits_filters(
    purchases, :purchase_type, :status, :user_id, :item_id, :mode, :source, :channel, :fulfilled,
    :since, :until);
