-- The outbox: what is to go back to its buyer, one row a charge. Rule kept here: a refund is asked
-- for by whoever has claimed it, so that nobody waits for Telegram under a lock.

-- name: buyer_of_purchase(purchase_id)$
SELECT user_id FROM purchases WHERE purchase_id = :purchase_id;

-- name: queue_refund(purchase_id, request_id)^
-- Put the charge that settled a live purchase into the outbox, unless it is there. Tells the
-- purchase's mode and status, and the charge if one is to go back. No row comes back for an unknown
-- purchase.
WITH locked_purchase AS (
    SELECT purchase_id, mode, status
    FROM purchases
    WHERE purchase_id = :purchase_id
    FOR UPDATE
),
kept_charge AS (
    SELECT telegram_payment_charge_id
    FROM locked_purchase JOIN charges USING (purchase_id)
    WHERE verdict = 'settled' AND status = 'succeeded' AND mode = 'live'
),
queued_refund AS (
    INSERT INTO refunds (telegram_payment_charge_id, request_id)
    SELECT telegram_payment_charge_id, :request_id
    FROM kept_charge
    ON CONFLICT (telegram_payment_charge_id) DO NOTHING
)
SELECT mode, status, telegram_payment_charge_id
FROM locked_purchase LEFT JOIN kept_charge ON true;

-- name: queue_refund_of_charge(purchase_id, charge_id, request_id)$
-- Put one payment of a live subscription into the outbox, unless it is there or back already. Tells
-- whether it has paid for that subscription. Whoever hands the purchase out is waited for.
WITH locked_purchase AS (
    SELECT purchase_id FROM purchases WHERE purchase_id = :purchase_id FOR UPDATE
),
kept_charge AS (
    SELECT telegram_payment_charge_id, refunded_at
    FROM locked_purchase JOIN charges USING (purchase_id)
    WHERE telegram_payment_charge_id = :charge_id AND verdict IN ('settled', 'renewed')
),
queued_refund AS (
    INSERT INTO refunds (telegram_payment_charge_id, request_id)
    SELECT telegram_payment_charge_id, :request_id
    FROM kept_charge
    WHERE refunded_at IS NULL
    ON CONFLICT (telegram_payment_charge_id) DO NOTHING
)
SELECT EXISTS (SELECT FROM kept_charge);

-- name: claim_refund(bot_id, charge_id)^
-- The refund that has been due longest; with a charge_id that one, due or not. Whoever claims it
-- has half a minute to ask Telegram, then twice as long each time, up to an hour. Nobody else takes
-- it meanwhile, and then it is due again.
WITH waiting_refund AS (
    SELECT refund.telegram_payment_charge_id, payer_id
    FROM refunds AS refund JOIN charges USING (telegram_payment_charge_id)
    WHERE done_at IS NULL AND bot_id = :bot_id
        AND COALESCE(refund.telegram_payment_charge_id = :charge_id, due_at <= clock_timestamp())
    ORDER BY due_at
    LIMIT 1
    FOR UPDATE OF refund SKIP LOCKED
)
UPDATE refunds AS refund SET
    attempts = attempts + 1,
    due_at = clock_timestamp()
        + LEAST(interval '1 hour', interval '30 seconds' * 2 ^ LEAST(attempts, 7))
FROM waiting_refund
WHERE refund.telegram_payment_charge_id = waiting_refund.telegram_payment_charge_id
RETURNING refund.telegram_payment_charge_id, payer_id, request_id;

-- name: note_refund_error(charge_id, reason)!
UPDATE refunds SET last_error = :reason WHERE telegram_payment_charge_id = :charge_id;

-- name: count_waiting(bot_id)$
-- Refunds that are still to be made.
SELECT count(*)
FROM refunds JOIN charges USING (telegram_payment_charge_id)
WHERE done_at IS NULL AND bot_id = :bot_id;
