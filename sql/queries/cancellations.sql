-- Cancellations: the outbox of what Telegram is to be asked to do with subscriptions.
--
-- Rule kept here: one is recorded when Telegram has done it, not when somebody asks for it.
-- Telegram is asked by whoever holds the lease, so that nobody waits for it under a lock.

-- name: queue_edit(purchase_id, user_id, is_canceled, requested_by, request_id)^
-- Put a wish into the outbox, in place of an earlier one for the same subscription. Tells whether
-- that may be wished, and the charge by which Telegram knows the subscription: the first one, since
-- it was begun last. No row comes back for an unknown one.
WITH locked_purchase AS (
    SELECT purchase_id
    FROM purchases
    WHERE purchase_id = :purchase_id AND mode = 'live'
        AND (:user_id::text IS NULL OR user_id = :user_id)
    FOR UPDATE
),
judged AS (
    SELECT purchase_id, stop_verdict(its, :is_canceled, :requested_by) AS verdict
    FROM locked_purchase JOIN subscriptions AS its USING (purchase_id)
),
first_charge AS (
    SELECT telegram_payment_charge_id
    FROM judged JOIN charges USING (purchase_id)
    WHERE charges.verdict IN ('settled', 'renewed')
    ORDER BY
        recurrence = 'first' DESC NULLS LAST,
        CASE recurrence WHEN 'first' THEN paid_until END DESC,
        paid_until
    LIMIT 1
),
queued_edit AS (
    INSERT INTO subscription_edits AS edit (
        telegram_payment_charge_id, is_canceled, requested_by, request_id)
    SELECT telegram_payment_charge_id, :is_canceled, :requested_by, :request_id
    FROM first_charge CROSS JOIN judged
    WHERE verdict = 'allowed'
    ON CONFLICT (telegram_payment_charge_id) DO UPDATE SET
        is_canceled = excluded.is_canceled,
        requested_by = excluded.requested_by,
        request_id = excluded.request_id,
        revision = edit.revision + 1,
        due_at = excluded.due_at,
        attempts = 0,
        last_error = NULL,
        done_at = NULL
)
SELECT verdict, telegram_payment_charge_id FROM judged CROSS JOIN first_charge;

-- name: claim_edit(bot_id, charge_id)^
-- The wish that has been due longest; with a charge_id that one, due or not. Whoever claims it has
-- half a minute to ask Telegram. If nothing is recorded, it is due again, later each time.
WITH waiting_edit AS (
    SELECT edit.telegram_payment_charge_id, payer_id
    FROM subscription_edits AS edit JOIN charges USING (telegram_payment_charge_id)
    WHERE done_at IS NULL AND bot_id = :bot_id
        AND COALESCE(lease_until <= clock_timestamp(), true)
        AND COALESCE(edit.telegram_payment_charge_id = :charge_id, due_at <= clock_timestamp())
    ORDER BY due_at
    LIMIT 1
    FOR UPDATE OF edit SKIP LOCKED
)
UPDATE subscription_edits AS edit SET
    attempts = attempts + 1,
    lease_until = clock_timestamp() + interval '30 seconds',
    due_at = clock_timestamp()
        + LEAST(interval '1 hour', interval '30 seconds' * 2 ^ LEAST(attempts, 7))
FROM waiting_edit
WHERE edit.telegram_payment_charge_id = waiting_edit.telegram_payment_charge_id
RETURNING
    edit.telegram_payment_charge_id, payer_id, is_canceled, revision, requested_by, request_id;

-- name: record_edit(charge_id, revision, is_canceled, requested_by, request_id)^
-- Telegram has done it. Tells the event that was written and the purchase, NULL if nothing changed.
SELECT event_type, purchase
FROM record_subscription_edit(
    :charge_id, :revision, :is_canceled, :requested_by, :request_id);

-- name: note_edit_error(charge_id, revision, reason, is_over)!
-- It is not done, or nobody knows. What Telegram has refused is over.
UPDATE subscription_edits SET
    lease_until = NULL,
    last_error = :reason,
    done_at = CASE WHEN :is_over::boolean THEN clock_timestamp() END
WHERE telegram_payment_charge_id = :charge_id AND revision = :revision;
