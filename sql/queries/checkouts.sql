-- Pre-checkout queries: whether a buyer may pay now. Rule kept here: a decision is committed with
-- the update that asked for it, before Telegram is answered.

-- name: decide_checkout(bot_id, update_id, body, invoice_payload, payer_id, currency, amount)$
-- 'approved', or why not. Asked again, it is decided anew, as things are then. FOR SHARE waits for
-- a payment that is just being settled: a second click would otherwise be approved, charged, and
-- have to go back.
WITH judged_purchase AS (
    SELECT CASE
        WHEN known.user_id <> :payer_id THEN 'wrong_payer'
        WHEN :currency <> 'XTR' THEN 'wrong_currency'
        WHEN known.price_stars <> :amount::bigint THEN 'wrong_amount'
        WHEN known.status IN ('succeeded', 'refunded') THEN 'already_paid'
        WHEN known.status = 'pending' THEN 'approved'
        ELSE 'not_pending'
    END AS decision
    FROM purchases AS known
    WHERE purchase_id = :invoice_payload AND mode = 'live'
    FOR SHARE
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
