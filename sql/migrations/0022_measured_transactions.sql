-- What a transaction is and what it moved, read from its body once instead of at every sum: a
-- million bodies take half a minute. NULL for what was kept before, until reconcile has read it,
-- and a kind that nobody knows.
--
-- The code of the release before does not notice. Nothing here reads a table.
--
-- nanostars: what Telegram lists, in parts of a Star (1e-9); commission: an affiliate's share.

ALTER TABLE star_transactions
    ADD COLUMN kind text,
    ADD COLUMN nanostars numeric,
    ADD COLUMN commission numeric;
