-- What a bot's balance was when Telegram was asked for it last, in parts of a Star (1e-9).
--
-- The code of the release before does not notice. Nothing here reads a table.

CREATE TABLE star_balances (
    bot_id     bigint       PRIMARY KEY,
    nanostars  numeric      NOT NULL,
    asked_at   timestamptz  NOT NULL DEFAULT clock_timestamp()
);
