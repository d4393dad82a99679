-- Health: what our own tables say of what stops sales, and what the last look at it found.
-- Rule kept here: each look overwrites the one before, whole.

-- name: read_health_facts(bot_id)^
-- Seconds since the last update of Telegram's; seconds since the first live purchase after it, of
-- which nobody has told anything; the Stars that wait to go back; and seconds since the oldest
-- update that still waits for the shop's own bot. NULL: there is none.
WITH last_update AS (
    SELECT max(received_at) AS at FROM telegram_updates WHERE bot_id = :bot_id
),
first_unanswered AS (
    SELECT created_at AS at
    FROM purchases
    WHERE mode = 'live' AND created_at > COALESCE((SELECT at FROM last_update), '-infinity')
    ORDER BY created_at
    LIMIT 1
),
waiting_refund AS (
    SELECT COALESCE(sum(amount), 0) AS stars
    FROM refunds JOIN charges USING (telegram_payment_charge_id)
    WHERE done_at IS NULL AND bot_id = :bot_id AND currency = 'XTR'
),
oldest_forward AS (
    SELECT min(created_at) AS at FROM forwards WHERE bot_id = :bot_id
)
SELECT
    extract(epoch FROM clock_timestamp() - (SELECT at FROM last_update))::float8,
    extract(epoch FROM clock_timestamp() - (SELECT at FROM first_unanswered))::float8,
    (SELECT stars FROM waiting_refund)::bigint,
    extract(epoch FROM clock_timestamp() - (SELECT at FROM oldest_forward))::float8;

-- name: store_health(bot_id, checks)!
INSERT INTO health_checks (bot_id, name, value, problem, cure, checked_at)
SELECT :bot_id, name, value, problem, cure, clock_timestamp()
FROM json_to_recordset(:checks::json) AS found (
    name text, value double precision, problem text, cure text)
ON CONFLICT (bot_id, name) DO UPDATE SET
    value = excluded.value,
    problem = excluded.problem,
    cure = excluded.cure,
    checked_at = excluded.checked_at;

-- name: list_health(bot_id)
-- What the last look found, and how many seconds ago that was.
SELECT name, value, problem, cure,
    extract(epoch FROM clock_timestamp() - checked_at)::float8
FROM health_checks
WHERE bot_id = :bot_id
ORDER BY name;
