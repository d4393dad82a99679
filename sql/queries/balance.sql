-- The bot's balance: what moved it by Telegram's list, and what Telegram says it is. All amounts
-- are in parts of a Star (1e-9).

-- name: note_balance(bot_id, nanostars)!
-- Keep what Telegram said.
INSERT INTO star_balances (bot_id, nanostars) VALUES (:bot_id, :nanostars)
ON CONFLICT (bot_id) DO UPDATE SET nanostars = excluded.nanostars, asked_at = clock_timestamp();

-- name: told_balance(bot_id)^
SELECT nanostars, asked_at FROM star_balances WHERE bot_id = :bot_id;

-- name: list_movements(bot_id)
-- What each day (UTC) came to, by kind; commissions are a kind of their own.
WITH movement AS MATERIALIZED (
    SELECT (dated AT TIME ZONE 'UTC')::date AS day, kind, paid, commission
    FROM star_movements(:bot_id)
)
SELECT day, kind, sum(paid) AS nanostars
FROM movement
GROUP BY day, kind
UNION ALL
SELECT day, 'commission', -sum(commission)
FROM movement
WHERE commission <> 0
GROUP BY day
ORDER BY day, kind;

-- name: count_held(bot_id, held_for)$
-- What came in so lately that it cannot be taken out yet, without what went back since. A
-- withdrawal that came back was free before.
SELECT COALESCE(sum(paid - commission), 0)
FROM star_movements(:bot_id) AS earned
WHERE incoming AND kind <> 'withdrawal'
    AND dated > clock_timestamp() - :held_for::interval
    AND NOT EXISTS (
        SELECT FROM star_transactions AS its
        WHERE its.bot_id = :bot_id
            AND its.transaction_id = earned.transaction_id
            AND NOT its.incoming);

-- name: sum_unlisted(bot_id)^
-- What we know was paid, and what we know went back, that Telegram does not list yet.
SELECT
    COALESCE(sum(amount) FILTER (WHERE NOT EXISTS (
        SELECT FROM star_transactions AS its
        WHERE its.bot_id = :bot_id
            AND transaction_id = telegram_payment_charge_id
            AND incoming)), 0) * 1000000000.0 AS paid,
    COALESCE(sum(amount) FILTER (WHERE refunded_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM star_transactions AS its
        WHERE its.bot_id = :bot_id
            AND transaction_id = telegram_payment_charge_id
            AND NOT incoming)), 0) * 1000000000.0 AS went_back
FROM charges
WHERE bot_id = :bot_id AND currency = 'XTR';
