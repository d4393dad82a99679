-- Entitlements: what a user owns now.
--
-- Rule kept here: a purchase is owned from its success until it is refunded or fails, a
-- subscription until what is paid of it is over.

-- name: list_entitlements(user_id, mode, after_at, after_id, max_rows)
-- What was bought last comes first. The last row of a page is the key of the next one.
SELECT json_build_object(
    'purchase_id', purchase_id,
    'item_id', purchases.item_id,
    'purchase_type', purchase_type,
    'kind', CASE WHEN its.purchase_id IS NULL THEN 'purchase' ELSE 'subscription' END,
    'created_at', created_at,
    'since', COALESCE(started_at, succeeded_at),
    'until', ends_at,
    'state', CASE WHEN its.purchase_id IS NOT NULL THEN subscription_state(its) END,
    'fulfilled_at', fulfilled_at)
FROM purchases LEFT JOIN subscriptions AS its USING (purchase_id)
WHERE purchases.user_id = :user_id
    AND purchases.mode = :mode
    AND CASE
        WHEN its.purchase_id IS NULL THEN status = 'succeeded'
        ELSE ends_at > clock_timestamp()
    END
    AND created_at <= COALESCE(:after_at, 'infinity'::timestamptz)
    AND (:after_at::timestamptz IS NULL OR created_at < :after_at OR purchase_id > :after_id)
ORDER BY created_at DESC, purchase_id
LIMIT :max_rows;
