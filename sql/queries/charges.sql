-- Payments: what Telegram tells, judged and kept. Nothing here asks Telegram; nobody waits for it under a lock.
--
-- Rule kept here: a charge is recorded once, under its own id, by the statement that also does what follows from it. Who
-- needs both, locks the purchase first and then the charge.

-- name: keep_update(bot_id, update_id, body)$
-- Whether it is still to be handled: it is new, or came before and nobody got to its end.
WITH kept AS (
    INSERT INTO telegram_updates (bot_id, update_id, body) VALUES (:bot_id, :update_id, :body)
    ON CONFLICT (bot_id, update_id) DO NOTHING
)
SELECT NOT EXISTS (
    SELECT FROM telegram_updates WHERE bot_id = :bot_id AND update_id = :update_id AND handled_at IS NOT NULL);

-- name: mark_handled(bot_id, update_id, outcome)!
UPDATE telegram_updates SET handled_at = clock_timestamp(), outcome = :outcome
WHERE bot_id = :bot_id AND update_id IS NOT DISTINCT FROM :update_id::bigint AND handled_at IS NULL;

-- name: list_unhandled(bot_id)
-- Updates that were kept and whose handling broke off, or is still under way: to handle one twice does no harm.
SELECT body FROM telegram_updates WHERE bot_id = :bot_id AND handled_at IS NULL ORDER BY received_at;

-- name: decide_pre_checkout(bot_id, update_id, body, invoice_payload, payer_id, currency, amount)$
-- Keep the update with the decision: 'approved', or why not. Asked again, it is decided anew, as things are then. A payment
-- that is just being settled is waited for.
WITH judged AS (
    SELECT CASE
        WHEN known.user_id <> :payer_id THEN 'wrong_payer'
        WHEN :currency <> 'XTR' THEN 'wrong_currency'
        WHEN known.price_stars <> :amount::bigint THEN 'wrong_amount'
        WHEN known.status IN ('succeeded', 'refunded') THEN 'already_paid'
        WHEN known.status = 'pending' THEN 'approved'
        ELSE 'not_pending'
    END AS decision
    FROM purchases AS known WHERE purchase_id = :invoice_payload AND mode = 'live' FOR SHARE
),
decided AS (
    SELECT COALESCE((SELECT decision FROM judged), 'unknown_purchase') AS decision
),
kept AS (
    INSERT INTO telegram_updates AS kept (bot_id, update_id, body, handled_at, outcome)
    SELECT :bot_id, :update_id::bigint, :body, clock_timestamp(), decision FROM decided
    ON CONFLICT (bot_id, update_id) DO UPDATE SET handled_at = excluded.handled_at, outcome = excluded.outcome
)
SELECT decision FROM decided;

-- name: settle_payment(telegram_payment_charge_id, bot_id, invoice_payload, payer_id, currency, amount, refunded, of_ours, request_id)^
-- Record a charge and do what follows: its purchase has succeeded, or it is refused and queued for refund. No row comes back
-- when it was recorded before; nor, with of_ours, when its purchase is unknown. With refunded it has gone back already.
-- A failed purchase that is paid after all has succeeded.
WITH judged AS (
    SELECT known, CASE
        WHEN :refunded::boolean THEN 'refunded_first'
        WHEN known.user_id <> :payer_id THEN 'wrong_payer'
        WHEN :currency <> 'XTR' THEN 'wrong_currency'
        WHEN known.price_stars <> :amount::bigint THEN 'wrong_amount'
        WHEN known.status IN ('succeeded', 'refunded') THEN 'already_paid'
        ELSE 'settled'
    END AS verdict
    FROM purchases AS known WHERE purchase_id = :invoice_payload AND mode = 'live' FOR UPDATE
),
recorded AS (
    INSERT INTO charges AS charge (telegram_payment_charge_id, bot_id, purchase_id, invoice_payload, payer_id, currency,
        amount, verdict, refunded_at)
    SELECT :telegram_payment_charge_id, :bot_id, (known).purchase_id, :invoice_payload, :payer_id, :currency,
        :amount, COALESCE(verdict, 'unknown_purchase'), CASE WHEN :refunded THEN clock_timestamp() END
    FROM (SELECT) AS told LEFT JOIN judged ON true
    WHERE verdict IS NOT NULL OR NOT :of_ours::boolean
    ON CONFLICT (telegram_payment_charge_id) DO NOTHING
    RETURNING charge
),
queued AS (
    INSERT INTO refunds (telegram_payment_charge_id, request_id)
    SELECT :telegram_payment_charge_id, :request_id FROM recorded
    WHERE (charge).verdict <> 'settled' AND (charge).refunded_at IS NULL
),
due AS (
    SELECT (known).purchase_id, (known).status AS previous_status, charge, next_moment(known) AS at,
        (charge).verdict = 'settled' AS fits
    FROM judged CROSS JOIN recorded
),
changed AS (
    UPDATE purchases AS purchase SET
        status = CASE WHEN fits THEN 'succeeded' ELSE status END,
        version = version + 1,
        succeeded_at = CASE WHEN fits THEN at ELSE succeeded_at END,
        payment_refused_at = CASE WHEN fits THEN payment_refused_at ELSE at END
    FROM due WHERE purchase.purchase_id = due.purchase_id
    RETURNING purchase, previous_status, charge, at,
        CASE WHEN fits THEN 'purchase_succeeded' ELSE 'purchase_payment_refused' END AS event_type
),
told AS (
    INSERT INTO events (purchase_id, version, event_type, user_id, request_id, created_at, payload)
    SELECT (purchase).purchase_id, (purchase).version, event_type, (purchase).user_id, :request_id, at,
        event_payload(purchase, event_type, previous_status, at, charge)
    FROM changed
)
SELECT (recorded.charge).verdict, previous_status, row_to_json(purchase)
FROM recorded LEFT JOIN changed ON true;

-- name: queue_refund(purchase_id, request_id)^
-- Put the charge that settled a live purchase into the outbox, unless it is there. Tells the purchase's mode and status,
-- and the charge, if one is to go back.
WITH judged AS (
    SELECT known FROM purchases AS known WHERE purchase_id = :purchase_id FOR UPDATE
),
charge AS (
    SELECT telegram_payment_charge_id FROM judged JOIN charges ON charges.purchase_id = (known).purchase_id
    WHERE verdict = 'settled' AND (known).status = 'succeeded' AND (known).mode = 'live'
),
queued AS (
    INSERT INTO refunds (telegram_payment_charge_id, request_id)
    SELECT telegram_payment_charge_id, :request_id FROM charge
    ON CONFLICT (telegram_payment_charge_id) DO NOTHING
)
SELECT (known).mode, (known).status, telegram_payment_charge_id FROM judged LEFT JOIN charge ON true;

-- name: claim_refund(bot_id, telegram_payment_charge_id)^
-- The refund that has waited longest of those due, or a certain one. Whoever claims it has half a minute to ask Telegram,
-- then twice as long each time, up to an hour: nobody else takes it meanwhile, and if nobody comes back it is due again.
UPDATE refunds SET attempts = attempts + 1,
    due_at = clock_timestamp() + LEAST(interval '1 hour', interval '30 seconds' * 2 ^ LEAST(attempts, 7))
FROM charges
WHERE charges.telegram_payment_charge_id = refunds.telegram_payment_charge_id
    AND refunds.telegram_payment_charge_id = (
        SELECT waiting.telegram_payment_charge_id
        FROM refunds AS waiting JOIN charges AS its USING (telegram_payment_charge_id)
        WHERE done_at IS NULL AND its.bot_id = :bot_id
            AND COALESCE(waiting.telegram_payment_charge_id = :telegram_payment_charge_id, due_at <= clock_timestamp())
        ORDER BY due_at LIMIT 1 FOR UPDATE OF waiting SKIP LOCKED)
RETURNING refunds.telegram_payment_charge_id, payer_id, refunds.request_id;

-- name: note_refund_error(telegram_payment_charge_id, why)!
UPDATE refunds SET last_error = :why WHERE telegram_payment_charge_id = :telegram_payment_charge_id;

-- name: record_refund(telegram_payment_charge_id, request_id)^
-- A charge has gone back, whoever sent it: close its refund, and if it settled a purchase, that is refunded now. Tells
-- whether something changed; no row comes back for a charge that nobody told of yet.
WITH judged AS (
    SELECT known FROM purchases AS known WHERE purchase_id = (
        SELECT purchase_id FROM charges WHERE telegram_payment_charge_id = :telegram_payment_charge_id) FOR UPDATE
),
returned AS (
    UPDATE charges AS charge SET refunded_at = clock_timestamp()
    FROM (SELECT) AS told LEFT JOIN judged ON true
    WHERE telegram_payment_charge_id = :telegram_payment_charge_id AND refunded_at IS NULL
    RETURNING charge
),
closed AS (
    UPDATE refunds SET done_at = clock_timestamp(), last_error = NULL FROM returned
    WHERE telegram_payment_charge_id = (charge).telegram_payment_charge_id AND done_at IS NULL
),
due AS (
    SELECT (known).purchase_id, (known).status AS previous_status, charge, next_moment(known) AS at
    FROM judged CROSS JOIN returned WHERE (charge).verdict = 'settled'
),
changed AS (
    UPDATE purchases AS purchase SET status = 'refunded', version = version + 1, refunded_at = at
    FROM due WHERE purchase.purchase_id = due.purchase_id
    RETURNING purchase, previous_status, charge, at
),
told AS (
    INSERT INTO events (purchase_id, version, event_type, user_id, request_id, created_at, payload)
    SELECT (purchase).purchase_id, (purchase).version, 'purchase_refunded', (purchase).user_id, :request_id, at,
        event_payload(purchase, 'purchase_refunded', previous_status, at, charge)
    FROM changed
)
SELECT EXISTS (SELECT FROM returned), previous_status, row_to_json(purchase)
FROM charges LEFT JOIN changed ON true WHERE telegram_payment_charge_id = :telegram_payment_charge_id;

-- name: store_pay_url(purchase_id, pay_url)$
-- The first link wins; the answer is the one that counts.
UPDATE purchases SET pay_url = COALESCE(pay_url, :pay_url) WHERE purchase_id = :purchase_id RETURNING pay_url;

-- name: next_position(bot_id)$
-- How many of Telegram's transactions were read.
SELECT COALESCE(max(position) + 1, 0) FROM star_transactions WHERE bot_id = :bot_id;

-- name: keep_transactions(bot_id, first, transactions)!
-- What Telegram listed from position `first` on. Read by two at once, each is kept once.
INSERT INTO star_transactions (bot_id, position, transaction_id, incoming, amount, dated, body)
SELECT :bot_id, :first::bigint + place - 1, one ->> 'id', one -> 'source' IS NOT NULL, (one ->> 'amount')::bigint,
    to_timestamp((one ->> 'date')::bigint), one
FROM json_array_elements(:transactions::json) WITH ORDINALITY AS page (one, place)
ON CONFLICT DO NOTHING;

-- name: explain_transaction(transaction_id, explanation)!
UPDATE star_transactions SET explanation = :explanation WHERE transaction_id = :transaction_id;

-- name: count_waiting(bot_id)$
-- Refunds that are still to be made.
SELECT count(*) FROM refunds JOIN charges USING (telegram_payment_charge_id) WHERE done_at IS NULL AND bot_id = :bot_id;

-- name: list_unexplained(bot_id)
-- Where Telegram's list and the charges differ. What came in before the first live purchase is somebody else's business,
-- what the owner took out (fragment, ads) the owner's. A charge may take ten minutes to be listed, and a refund needs more
-- than one attempt when Telegram has trouble; after three somebody has to look (at the bot's balance first).
WITH listed AS (
    SELECT transaction_id, incoming, its.amount, body, charge.amount AS charged, charge.refunded_at
    FROM star_transactions AS its LEFT JOIN charges AS charge ON telegram_payment_charge_id = transaction_id
    WHERE its.bot_id = :bot_id AND explanation IS NULL
        AND dated >= (SELECT date_trunc('second', created_at) FROM purchases WHERE mode = 'live' ORDER BY created_at LIMIT 1)
        AND (telegram_payment_charge_id IS NOT NULL
            OR COALESCE(body #>> '{source,type}', body #>> '{receiver,type}', '')
                NOT IN ('fragment', 'telegram_ads', 'telegram_api'))
),
unlisted AS (
    SELECT telegram_payment_charge_id, purchase_id, amount, incoming
    FROM charges CROSS JOIN (VALUES (true), (false)) AS direction (incoming)
    WHERE bot_id = :bot_id
        AND CASE WHEN incoming THEN recorded_at ELSE refunded_at END < clock_timestamp() - interval '10 minutes'
        AND NOT EXISTS (SELECT FROM star_transactions AS its WHERE its.bot_id = charges.bot_id
            AND transaction_id = telegram_payment_charge_id AND its.incoming = direction.incoming)
)
SELECT transaction_id, amount, CASE
    WHEN charged IS NOT NULL THEN 'differs from its charge'
    WHEN incoming THEN 'came in, and no purchase explains it'
    ELSE 'went out, and no purchase explains it'
END AS problem, body
FROM listed
WHERE CASE WHEN charged IS NOT NULL THEN amount <> charged OR (NOT incoming AND refunded_at IS NULL)
    ELSE incoming OR NOT EXISTS (SELECT FROM star_transactions AS paid
        WHERE paid.bot_id = :bot_id AND paid.transaction_id = listed.transaction_id AND paid.incoming) END
UNION ALL
SELECT telegram_payment_charge_id, amount, CASE
    WHEN incoming THEN 'recorded as paid, and Telegram does not list it'
    ELSE 'recorded as refunded, and Telegram does not list it'
END, json_build_object('purchase_id', purchase_id) FROM unlisted
UNION ALL
SELECT telegram_payment_charge_id, amount, 'is to go back, and Telegram does not do it', json_build_object(
    'purchase_id', purchase_id, 'attempts', attempts, 'last_error', last_error)
FROM refunds JOIN charges USING (telegram_payment_charge_id)
WHERE bot_id = :bot_id AND done_at IS NULL AND attempts >= 3
ORDER BY 1, 3;
