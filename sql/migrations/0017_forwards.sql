-- Updates that are not ours, on their way to the shop's own bot. One that has arrived is deleted
-- here; telegram_updates keeps it.
--
-- chat: those of one chat are passed on in order, one at a time. A lease_until in the future:
-- somebody is passing it on.
CREATE TABLE forwards (
    forward_id   bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id       bigint       NOT NULL,
    chat         text         NOT NULL,
    body         text         NOT NULL,
    created_at   timestamptz  NOT NULL DEFAULT clock_timestamp(),
    due_at       timestamptz  NOT NULL DEFAULT clock_timestamp(),
    lease_until  timestamptz,
    attempts     integer      NOT NULL DEFAULT 0,
    last_error   text
);
CREATE INDEX forwards_due ON forwards (bot_id, due_at);
CREATE INDEX forwards_of_a_chat_in_order ON forwards (bot_id, chat, forward_id);
