-- Personal data: all that is kept of one user, shown or forgotten. What the rows of a user are,
-- and what becomes of them, stands in sql/functions.

-- name: export_rows(user_id)
SELECT table_name, contents FROM personal_data_of(:user_id);

-- name: why_not_forgotten(user_id)$
-- What is still under way for a user, NULL if nothing is.
SELECT CASE
    WHEN EXISTS (
        SELECT FROM refunds JOIN charges USING (telegram_payment_charge_id)
        WHERE payer_id = :user_id AND done_at IS NULL)
    THEN 'a refund is still to be made'
    WHEN EXISTS (
        SELECT FROM subscription_edits JOIN charges USING (telegram_payment_charge_id)
        WHERE payer_id = :user_id AND done_at IS NULL)
    THEN 'a subscription is still to be cancelled'
    -- Its renewals would come from somebody unknown, and go back.
    WHEN EXISTS (
        SELECT FROM subscriptions
        WHERE user_id = :user_id
            AND ends_at > clock_timestamp()
            AND (stopped_at IS NULL OR allowed_at IS NOT NULL))
    THEN 'a subscription runs; cancel it first'
    WHEN EXISTS (SELECT FROM forwards WHERE strpos(body, :user_id) > 0)
    THEN 'an update is still to be passed on to the shop''s bot'
END;

-- name: forget_user(user_id, pseudonym, request_id)$
SELECT forget_user(:user_id, :pseudonym, :request_id);

-- name: list_updates_with(text)
-- Updates whose text has this in it, wherever: locked, since they may be rewritten.
SELECT ctid::text, handled_at IS NOT NULL AS is_handled, body
FROM telegram_updates
WHERE strpos(body, :text) > 0
FOR UPDATE;

-- name: rewrite_update(place, body)!
UPDATE telegram_updates SET body = :body WHERE ctid = :place::tid;

-- name: list_transactions_with(text)
-- The same of Telegram's transactions.
SELECT bot_id, position, body
FROM star_transactions
WHERE strpos(body::text, :text) > 0
FOR UPDATE;

-- name: rewrite_transaction(bot_id, position, body)!
UPDATE star_transactions SET body = :body::json WHERE bot_id = :bot_id AND position = :position;
