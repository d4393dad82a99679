-- Telegram's own list of what came in and went out, as far as it was read, held against our
-- charges. Rule kept here: a transaction is kept once, at its position, after all that it tells was
-- done.

-- name: next_position(bot_id)$
-- How many of Telegram's transactions were read.
SELECT COALESCE(max(position) + 1, 0) FROM star_transactions WHERE bot_id = :bot_id;

-- name: keep_transactions(bot_id, first, transactions)!
-- What Telegram listed from position `first` on. Read by two at once, each is kept once.
INSERT INTO star_transactions (
    bot_id, position, transaction_id, incoming, amount, dated, body,
    kind, nanostars, commission)
SELECT
    :bot_id, :first::bigint + place - 1, one ->> 'id', one -> 'source' IS NOT NULL,
    (one ->> 'amount')::bigint, to_timestamp((one ->> 'date')::bigint), one,
    transaction_kind(one), nanostars_of(one), nanostars_of(transaction_affiliate(one))
FROM json_array_elements(:transactions::json) WITH ORDINALITY AS page (one, place)
ON CONFLICT DO NOTHING;

-- name: measure_transactions(batch)!
-- Read some of the bodies that were kept before there was a place for what they tell.
UPDATE star_transactions SET
    kind = transaction_kind(body),
    nanostars = nanostars_of(body),
    commission = nanostars_of(transaction_affiliate(body))
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM star_transactions WHERE nanostars IS NULL LIMIT :batch));

-- name: explain_transaction(transaction_id, explanation)!
UPDATE star_transactions SET explanation = :explanation WHERE transaction_id = :transaction_id;

-- name: price_of_invoice(invoice_payload)$
-- What a purchase costs, which is what its buyer pays.
SELECT price_stars FROM purchases WHERE purchase_id = :invoice_payload AND mode = 'live';

-- name: first_pending_withdrawal(bot_id)$
-- The position of the oldest withdrawal that had not ended when it was read.
SELECT min(position)
FROM star_transactions
WHERE bot_id = :bot_id
    AND COALESCE(kind, transaction_kind(body)) = 'withdrawal'
    AND body #>> '{receiver,withdrawal_state,type}' = 'pending';

-- name: update_withdrawals(bot_id, first, transactions)!
-- Keep how withdrawals ended, from a page that begins at position `first`.
UPDATE star_transactions AS kept SET body = listed.body
FROM (
    SELECT :first::bigint + place - 1 AS position, one AS body
    FROM json_array_elements(:transactions::json) WITH ORDINALITY AS page (one, place)
) AS listed
WHERE kept.bot_id = :bot_id
    AND kept.position = listed.position
    AND kept.transaction_id = listed.body ->> 'id'
    AND kept.body #>> '{receiver,withdrawal_state,type}' = 'pending'
    AND listed.body #>> '{receiver,withdrawal_state,type}' <> 'pending';

-- name: list_unexplained(bot_id)
-- Where Telegram's list and the charges differ. What came in before the first live purchase is
-- somebody else's business. Of what is no sale, its kind says enough. Where an affiliate is named,
-- the amount may be what the bot got instead of what the buyer paid. A charge may take
-- ten minutes to be listed, and a refund needs more than one attempt when Telegram has trouble;
-- after three somebody has to look (at the bot's balance first).
WITH own_transaction AS (
    SELECT transaction_id, incoming, its.amount, body, charge.amount AS charged, charge.refunded_at
    FROM star_transactions AS its
    LEFT JOIN charges AS charge ON telegram_payment_charge_id = transaction_id
    WHERE its.bot_id = :bot_id AND explanation IS NULL
        AND dated >= (
            SELECT date_trunc('second', created_at)
            FROM purchases
            WHERE mode = 'live'
            ORDER BY created_at
            LIMIT 1)
        AND (telegram_payment_charge_id IS NOT NULL
            OR COALESCE(kind, transaction_kind(body), 'unknown') IN ('invoice', 'unknown'))
),
-- Transactions that no charge explains, or that differ from theirs.
strange_transaction AS (
    SELECT transaction_id, amount, body, CASE
        WHEN charged IS NOT NULL THEN 'differs from its charge'
        WHEN incoming THEN 'came in, and no purchase explains it'
        ELSE 'went out, and no purchase explains it'
    END AS problem
    FROM own_transaction
    WHERE CASE
        WHEN charged IS NOT NULL THEN
            (amount <> charged AND transaction_affiliate(body) IS NULL)
            OR (NOT incoming AND refunded_at IS NULL)
        ELSE incoming OR NOT EXISTS (
            SELECT FROM star_transactions AS paid
            WHERE paid.bot_id = :bot_id
                AND paid.transaction_id = own_transaction.transaction_id
                AND paid.incoming)
    END
),
-- What we recorded of a charge, and when: that it came in, and that it went out.
recorded_movement AS (
    SELECT telegram_payment_charge_id, purchase_id, amount, incoming,
        CASE WHEN incoming THEN recorded_at ELSE refunded_at END AS at
    FROM charges CROSS JOIN (VALUES (true), (false)) AS direction (incoming)
    WHERE bot_id = :bot_id
),
unlisted_movement AS (
    SELECT telegram_payment_charge_id, purchase_id, amount, CASE
        WHEN incoming THEN 'recorded as paid, and Telegram does not list it'
        ELSE 'recorded as refunded, and Telegram does not list it'
    END AS problem
    FROM recorded_movement AS ours
    WHERE at < clock_timestamp() - interval '10 minutes'
        AND NOT EXISTS (
            SELECT FROM star_transactions AS its
            WHERE its.bot_id = :bot_id
                AND transaction_id = telegram_payment_charge_id
                AND its.incoming = ours.incoming)
),
stuck_refund AS (
    SELECT telegram_payment_charge_id, purchase_id, amount, attempts, last_error
    FROM refunds JOIN charges USING (telegram_payment_charge_id)
    WHERE bot_id = :bot_id AND done_at IS NULL AND attempts >= 3
)
SELECT transaction_id, amount, problem, body
FROM strange_transaction
UNION ALL
SELECT telegram_payment_charge_id, amount, problem, json_build_object('purchase_id', purchase_id)
FROM unlisted_movement
UNION ALL
SELECT telegram_payment_charge_id, amount, 'is to go back, and Telegram does not do it',
    json_build_object('purchase_id', purchase_id, 'attempts', attempts, 'last_error', last_error)
FROM stuck_refund
ORDER BY 1, 3;
