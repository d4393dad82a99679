-- Pre-checkout queries: whether a buyer may pay now.
--
-- Rules kept here: a decision is committed with the update that asked for it, before Telegram is
-- answered. Of the checkouts of one purchase at most one at a time may be charged.

-- name: decide_checkout(bot_id, update_id, body, query_id, invoice_payload, payer_id, currency, amount, reserved_for)$
-- 'approved', or why not. An approved query reserves its purchase for reserved_for; the same query
-- asked again is decided anew, as things are then. FOR UPDATE waits for a payment that is just
-- being settled and for another checkout that is just being decided, and then sees what they left.
WITH judged_purchase AS (
    SELECT purchase_id, CASE
        WHEN payment_refusal(asked, :payer_id, :currency, :amount) IS NOT NULL
            THEN payment_refusal(asked, :payer_id, :currency, :amount)
        WHEN status IN ('succeeded', 'refunded') AND NOT may_renew(asked) THEN 'already_paid'
        WHEN status = 'failed' THEN 'not_pending'
        WHEN checkout_query_id <> :query_id
            AND checkout_reserved_at > COALESCE(failed_at, '-infinity')
            AND checkout_reserved_at + :reserved_for::interval > clock_timestamp() THEN 'reserved'
        ELSE 'approved'
    END AS decision
    FROM purchases AS asked
    WHERE purchase_id = :invoice_payload AND mode = 'live'
    FOR UPDATE
),
reserved_purchase AS (
    UPDATE purchases AS purchase SET
        checkout_query_id = :query_id,
        checkout_reserved_at = clock_timestamp()
    FROM judged_purchase
    WHERE purchase.purchase_id = judged_purchase.purchase_id AND decision = 'approved'
),
checkout AS (
    SELECT COALESCE((SELECT decision FROM judged_purchase), 'unknown_purchase') AS decision
),
kept_update AS (
    INSERT INTO telegram_updates AS kept (bot_id, update_id, body, handled_at, outcome)
    SELECT :bot_id, :update_id::bigint, :body, clock_timestamp(), decision
    FROM checkout
    ON CONFLICT (bot_id, update_id) DO UPDATE SET
        handled_at = excluded.handled_at,
        outcome = excluded.outcome
)
SELECT decision FROM checkout;

-- name: release_checkout(bot_id, update_id, query_id, invoice_payload, decision)!
-- An approval is taken back: the purchase is reserved for nobody, and the update has another
-- outcome.
WITH released_purchase AS (
    UPDATE purchases SET checkout_query_id = NULL, checkout_reserved_at = NULL
    WHERE purchase_id = :invoice_payload AND checkout_query_id = :query_id
)
UPDATE telegram_updates SET outcome = :decision
WHERE bot_id = :bot_id AND update_id = :update_id;
