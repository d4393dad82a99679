-- What the functions of sql/functions need: the types they take, and a ledger of what was applied.
--
-- The code of the release before does not notice: nothing it uses changes here.

-- What somebody wants to buy (stars.domain.types.Order). A NULL was not said.
CREATE TYPE purchase_order AS (
    item_id        text,
    price_stars    integer,
    purchase_type  text,
    source         text,
    channel        text,
    metadata       json
);

-- What a call does to a purchase (stars.domain.transitions.Step).
CREATE TYPE purchase_step AS (
    to_status       text,
    from_statuses   text[],
    event_if_known  text,
    event_if_new    text
);

-- Every content that a file of sql/functions has had here. The newest row of a name is in force; an
-- older one was in force once, so the release that has it is older than this database, not newer.
-- Kept by stars/database/migrate.py.
CREATE TABLE schema_functions (
    name        text        NOT NULL,
    sha256      text        NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (name, applied_at)
);
