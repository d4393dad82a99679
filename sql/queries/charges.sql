-- Charges: what a buyer paid, judged and recorded with all that follows from it.
--
-- Rule kept here: a charge is recorded once, under its own id, by the statement that also changes
-- its purchase, writes the event and queues the refund. A statement that needs both locks the
-- purchase first and then the charge. What they do stands in sql/functions.

-- name: settle_charge(charge_id, bot_id, invoice_payload, payer_id, currency, amount, recurrence, charged_at, paid_until, update_id, already_refunded, request_id)^
-- Record a charge, and change what it pays for. No row comes back if the charge was recorded
-- before, or if its purchase is none of ours.
SELECT verdict, event_type, previous_status, purchase
FROM settle_charge(
    :charge_id,
    :bot_id,
    :invoice_payload,
    :payer_id,
    :currency,
    :amount,
    :recurrence,
    :charged_at,
    :paid_until,
    :update_id,
    :already_refunded,
    :request_id)
WHERE verdict IS NOT NULL;

-- name: take_charge_back(charge_id, request_id)^
-- A charge has gone back, whoever sent it. Tells whether something changed. No row comes back for a
-- charge that nobody has told of yet.
SELECT changed, previous_status, purchase
FROM take_charge_back(:charge_id, :request_id)
WHERE changed IS NOT NULL;

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
