-- Subscriptions that were ended through the bot, and may be taken up again by their users.
--
-- The code of the release before does not notice.

-- allowed_at: when that was allowed. It stays canceled until its user takes it up in Telegram.
ALTER TABLE subscriptions ADD COLUMN allowed_at timestamptz;
