-- The inbox: every update of Telegram, as it came, and what came of it. Rule kept here: an update
-- is handled once; one whose handling broke off can be found again.

-- name: keep_update(bot_id, update_id, body)$
-- Whether it is still to be handled: it is new, or it came before and its handling did not end.
WITH kept_update AS (
    INSERT INTO telegram_updates (bot_id, update_id, body)
    VALUES (:bot_id, :update_id, :body)
    ON CONFLICT (bot_id, update_id) DO NOTHING
)
SELECT NOT EXISTS (
    SELECT FROM telegram_updates
    WHERE bot_id = :bot_id AND update_id = :update_id AND handled_at IS NOT NULL);

-- name: mark_handled(bot_id, update_id, outcome, chat)!
-- Handled, once. With a chat it is also to be passed on to the shop's bot, in that chat's order.
WITH handled_update AS (
    UPDATE telegram_updates SET handled_at = clock_timestamp(), outcome = :outcome
    WHERE bot_id = :bot_id AND update_id IS NOT DISTINCT FROM :update_id::bigint
        AND handled_at IS NULL
    RETURNING body
)
INSERT INTO forwards (bot_id, chat, body)
SELECT :bot_id, :chat, body
FROM handled_update
WHERE :chat::text IS NOT NULL;

-- name: list_unhandled(bot_id)
-- Updates whose handling broke off, or is still under way: handling one twice does no harm.
SELECT body
FROM telegram_updates
WHERE bot_id = :bot_id AND handled_at IS NULL
ORDER BY received_at;

-- name: prune_updates(bot_id, keep_for, batch)!
-- Some of those that are older than they are to be kept. What is not handled yet stays.
DELETE FROM telegram_updates
WHERE ctid = ANY (ARRAY(
    SELECT ctid
    FROM telegram_updates
    WHERE bot_id = :bot_id
        AND received_at < clock_timestamp() - :keep_for::interval
        AND handled_at IS NOT NULL
    ORDER BY received_at
    LIMIT :batch
    FOR UPDATE SKIP LOCKED));
