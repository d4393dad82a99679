-- Charges: what a buyer paid, judged and recorded with all that follows from it.
--
-- Rule kept here: a charge is recorded once, under its own id, by the statement that also changes
-- its purchase, writes the event and queues the refund. A statement that needs both locks the
-- purchase first and then the charge.

-- name: settle_charge(charge_id, bot_id, invoice_payload, payer_id, currency, amount, already_refunded, known_purchases_only, request_id)^
-- Record a charge. Its purchase has succeeded, also if it had failed; or the charge is refused and
-- queued for refund. No row comes back if the charge was recorded before, nor, with
-- known_purchases_only, if its purchase is unknown.
WITH judged_purchase AS (
    SELECT known, CASE
        WHEN :already_refunded::boolean THEN 'refunded_first'
        WHEN known.user_id <> :payer_id THEN 'wrong_payer'
        WHEN :currency <> 'XTR' THEN 'wrong_currency'
        WHEN known.price_stars <> :amount::bigint THEN 'wrong_amount'
        WHEN known.status IN ('succeeded', 'refunded') THEN 'already_paid'
        ELSE 'settled'
    END AS verdict
    FROM purchases AS known
    WHERE purchase_id = :invoice_payload AND mode = 'live'
    FOR UPDATE
),
-- One row if the charge is new.
recorded_charge AS (
    INSERT INTO charges AS charge (
        telegram_payment_charge_id, bot_id, purchase_id, invoice_payload,
        payer_id, currency, amount,
        verdict,
        refunded_at)
    SELECT
        :charge_id, :bot_id, (known).purchase_id, :invoice_payload,
        :payer_id, :currency, :amount,
        COALESCE(verdict, 'unknown_purchase'),
        CASE WHEN :already_refunded THEN clock_timestamp() END
    FROM (SELECT) AS told LEFT JOIN judged_purchase ON true
    WHERE verdict IS NOT NULL OR NOT :known_purchases_only::boolean
    ON CONFLICT (telegram_payment_charge_id) DO NOTHING
    RETURNING charge
),
-- One row if the charge was refused and has not gone back yet.
queued_refund AS (
    INSERT INTO refunds (telegram_payment_charge_id, request_id)
    SELECT :charge_id, :request_id
    FROM recorded_charge
    WHERE (charge).verdict <> 'settled' AND (charge).refunded_at IS NULL
),
-- What the charge means for its purchase, and when. The clock is read once the purchase is locked.
due_change AS (
    SELECT (known).purchase_id, (known).status AS previous_status, charge, next_moment(known) AS at,
        (charge).verdict = 'settled' AS fits
    FROM judged_purchase CROSS JOIN recorded_charge
),
changed_purchase AS (
    UPDATE purchases AS purchase SET
        status = CASE WHEN fits THEN 'succeeded' ELSE status END,
        version = version + 1,
        succeeded_at = CASE WHEN fits THEN at ELSE succeeded_at END,
        payment_refused_at = CASE WHEN fits THEN payment_refused_at ELSE at END
    FROM due_change
    WHERE purchase.purchase_id = due_change.purchase_id
    RETURNING purchase, previous_status, charge, at,
        CASE WHEN fits THEN 'purchase_succeeded' ELSE 'purchase_payment_refused' END AS event_type
),
written_event AS (
    INSERT INTO events (
        purchase_id, version, event_type, user_id, request_id, created_at, payload)
    SELECT
        (purchase).purchase_id, (purchase).version, event_type, (purchase).user_id, :request_id, at,
        event_payload(purchase, event_type, previous_status, at, charge)
    FROM changed_purchase
)
SELECT (recorded_charge.charge).verdict, previous_status, row_to_json(purchase)
FROM recorded_charge LEFT JOIN changed_purchase ON true;

-- name: record_refund(charge_id, request_id)^
-- A charge has gone back, whoever sent it. Its refund is done, and if it settled a purchase, that
-- one is refunded. Tells whether something changed. No row comes back for a charge that nobody has
-- told of yet.
WITH judged_purchase AS (
    SELECT known
    FROM purchases AS known
    WHERE purchase_id = (
        SELECT purchase_id FROM charges WHERE telegram_payment_charge_id = :charge_id)
    FOR UPDATE
),
-- One row if the charge was not known to have gone back. The join makes it wait for the purchase's
-- lock.
returned_charge AS (
    UPDATE charges AS charge SET refunded_at = clock_timestamp()
    FROM (SELECT) AS told LEFT JOIN judged_purchase ON true
    WHERE telegram_payment_charge_id = :charge_id AND refunded_at IS NULL
    RETURNING charge
),
closed_refund AS (
    UPDATE refunds SET done_at = clock_timestamp(), last_error = NULL
    FROM returned_charge
    WHERE telegram_payment_charge_id = (charge).telegram_payment_charge_id AND done_at IS NULL
),
-- What it means for the purchase: nothing, if another charge settled that.
due_change AS (
    SELECT (known).purchase_id, (known).status AS previous_status, charge, next_moment(known) AS at
    FROM judged_purchase CROSS JOIN returned_charge
    WHERE (charge).verdict = 'settled'
),
changed_purchase AS (
    UPDATE purchases AS purchase SET status = 'refunded', version = version + 1, refunded_at = at
    FROM due_change
    WHERE purchase.purchase_id = due_change.purchase_id
    RETURNING purchase, previous_status, charge, at, 'purchase_refunded' AS event_type
),
written_event AS (
    INSERT INTO events (
        purchase_id, version, event_type, user_id, request_id, created_at, payload)
    SELECT
        (purchase).purchase_id, (purchase).version, event_type, (purchase).user_id, :request_id, at,
        event_payload(purchase, event_type, previous_status, at, charge)
    FROM changed_purchase
)
SELECT EXISTS (SELECT FROM returned_charge), previous_status, row_to_json(purchase)
FROM charges LEFT JOIN changed_purchase ON true
WHERE telegram_payment_charge_id = :charge_id;

-- name: list_charges(purchase_id)
-- What was paid for a purchase, oldest first.
SELECT row_to_json(shown) AS charge
FROM (
    SELECT
        telegram_payment_charge_id, payer_id, amount, currency, verdict, recorded_at, refunded_at
    FROM charges
    WHERE purchase_id = :purchase_id
    ORDER BY recorded_at, telegram_payment_charge_id
) AS shown;

-- name: is_of_a_purchase(invoice_payload)$
-- Whether a payload names a purchase of ours. Its row is there before anybody can pay for it.
SELECT EXISTS (SELECT FROM purchases WHERE purchase_id = :invoice_payload AND mode = 'live');
