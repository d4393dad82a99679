-- The store of the service: what was bought (purchases) and how it came to be so (events).
--
-- Every rule the service enforces stands here a second time, so that no console, script or later release can
-- break one. Every unique key starts with purchase_id: both tables can be partitioned or distributed by it.

-- Which of the files in this folder this database has taken, and what each held then. Kept by stars/migrate.py.
CREATE TABLE schema_migrations (
    number      integer     PRIMARY KEY,
    name        text        NOT NULL,
    sha256      text        NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row per purchase_id, the idempotency key its client made. The row is the present; events are its history.
-- Each *_at column tells when the purchase last became so.
CREATE TABLE purchases (
    purchase_id    text        PRIMARY KEY CHECK (purchase_id ~ '^[A-Za-z0-9._:-]{1,64}$'),
    user_id        text        NOT NULL CHECK (user_id ~ '^[A-Za-z0-9._:-]{1,64}$'),
    item_id        text        NOT NULL CHECK (item_id ~ '^[A-Za-z0-9._:-]{1,64}$'),
    price_stars    integer     NOT NULL CHECK (price_stars BETWEEN 1 AND 100000),
    purchase_type  text        NOT NULL CHECK (purchase_type IN ('stars_pack', 'cosmetic', 'boost', 'unknown')),
    status         text        NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    mode           text        NOT NULL CHECK (mode IN ('mock', 'live')),
    source         text        CHECK (source ~ '^[A-Za-z0-9._:-]{1,64}$'),
    channel        text        CHECK (channel ~ '^[A-Za-z0-9._:-]{1,64}$'),
    -- json, not jsonb: kept as it was sent and bounded by its exact size. Cast it to jsonb to search inside.
    metadata       json        NOT NULL CHECK (json_typeof(metadata) = 'object' AND octet_length(metadata::text) <= 4096),
    pay_url        text        CHECK (octet_length(pay_url) <= 2048),
    version        integer     NOT NULL CHECK (version >= 1),
    created_at     timestamptz NOT NULL,
    invoiced_at    timestamptz CHECK (status <> 'pending' OR invoiced_at IS NOT NULL),
    succeeded_at   timestamptz CHECK (status <> 'succeeded' OR succeeded_at IS NOT NULL),
    failed_at      timestamptz CHECK (status <> 'failed' OR failed_at IS NOT NULL)
);

-- The console lists newest first, by itself and for one user.
CREATE INDEX purchases_by_created_at ON purchases (created_at DESC, purchase_id);
CREATE INDEX purchases_by_user ON purchases (user_id, created_at DESC, purchase_id);

-- What happened, append-only: version counts 1, 2, 3 ... per purchase and is assigned under the purchase's lock.
-- event_id names an event everywhere; it is no order to read by, since a smaller one may be committed later.
CREATE TABLE events (
    event_id     bigint      GENERATED ALWAYS AS IDENTITY,
    purchase_id  text        NOT NULL REFERENCES purchases (purchase_id),
    version      integer     NOT NULL CHECK (version >= 1),
    event_type   text        NOT NULL CHECK (event_type IN (
                     'purchase_invoice_created', 'purchase_invoice_reopened', 'purchase_succeeded', 'purchase_failed')),
    payload      json        NOT NULL CHECK (json_typeof(payload) = 'object'),
    user_id      text        NOT NULL,
    request_id   text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (purchase_id, version)
);

CREATE FUNCTION refuse_to_rewrite_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_history();
CREATE TRIGGER events_are_never_truncated BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_history();
