-- What moved a bot's balance, as Telegram lists it: one row a transaction, in parts of a Star.
--
-- paid is what the other side paid or got: above zero if it came in. commission is an affiliate's
-- share of that, which the bot did not get, below zero if it came back: paid - commission is what
-- the balance moved by. Telegram may list either of the two where an affiliate is named; of a
-- charge of ours we know what was paid, of all else it is taken for what the bot got.
CREATE OR REPLACE FUNCTION star_movements(its_bot bigint) RETURNS TABLE (
    transaction_id text,
    dated timestamptz,
    incoming boolean,
    kind text,
    paid numeric,
    commission numeric
) LANGUAGE sql STABLE AS $$
    SELECT
        its.transaction_id,
        its.dated,
        its.incoming,
        CASE
            WHEN charge.amount IS NOT NULL AND its.incoming THEN 'sold'
            WHEN charge.amount IS NOT NULL THEN 'refunded'
            ELSE COALESCE(its.kind, transaction_kind(body), 'unknown')
        END,
        CASE WHEN its.incoming THEN 1 ELSE -1 END * CASE
            WHEN share = 0 THEN listed
            ELSE COALESCE(charge.amount * 1000000000.0, listed + abs(share))
        END,
        share
    FROM star_transactions AS its
    LEFT JOIN charges AS charge ON telegram_payment_charge_id = its.transaction_id
    CROSS JOIN LATERAL (
        SELECT
            COALESCE(its.nanostars, nanostars_of(body)),
            COALESCE(its.commission, nanostars_of(transaction_affiliate(body)))
    ) AS measured (listed, share)
    WHERE its.bot_id = its_bot
$$;
