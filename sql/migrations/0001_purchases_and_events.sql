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

-- What a value may be. Domains, not CHECKs of each column: PostgreSQL reads the CHECKs of a table anew for every
-- statement that writes to it, and these only when such a value comes in. ({1,64} in the pattern would be slow.)
CREATE DOMAIN identifier AS text CHECK (VALUE ~ '^[A-Za-z0-9._:-]+$' AND length(VALUE) <= 64);
CREATE DOMAIN stars AS integer CHECK (VALUE BETWEEN 1 AND 100000);
CREATE DOMAIN purchase_type AS text CHECK (VALUE IN ('stars_pack', 'cosmetic', 'boost', 'unknown'));
CREATE DOMAIN purchase_status AS text CHECK (VALUE IN ('pending', 'succeeded', 'failed'));
CREATE DOMAIN purchase_mode AS text CHECK (VALUE IN ('mock', 'live'));
CREATE DOMAIN event_type AS text CHECK (VALUE IN (
    'purchase_invoice_created', 'purchase_invoice_reopened', 'purchase_succeeded', 'purchase_failed'));
-- json, not jsonb: kept as it was sent and bounded by its exact size. Cast it to jsonb to search inside.
CREATE DOMAIN metadata AS json CHECK (json_typeof(VALUE) = 'object' AND octet_length(VALUE::text) <= 4096);

-- One row per purchase_id, the idempotency key its client made. The row is the present; events are its history.
-- Each *_at column tells when the purchase last became so.
CREATE TABLE purchases (
    purchase_id    identifier      PRIMARY KEY,
    user_id        identifier      NOT NULL,
    item_id        identifier      NOT NULL,
    price_stars    stars           NOT NULL,
    purchase_type  purchase_type   NOT NULL,
    status         purchase_status NOT NULL,
    mode           purchase_mode   NOT NULL,
    source         identifier,
    channel        identifier,
    metadata       metadata        NOT NULL,
    pay_url        text,
    version        integer         NOT NULL,
    created_at     timestamptz     NOT NULL,
    invoiced_at    timestamptz,
    succeeded_at   timestamptz,
    failed_at      timestamptz,
    CONSTRAINT dated_as_its_status_says CHECK (
        CASE status WHEN 'pending' THEN invoiced_at WHEN 'succeeded' THEN succeeded_at ELSE failed_at END IS NOT NULL)
) WITH (fillfactor = 50);  -- nearly every row is updated once: in its own page no index needs to be told

-- The console lists newest first, by itself and for one user.
CREATE INDEX purchases_by_created_at ON purchases (created_at DESC, purchase_id);
CREATE INDEX purchases_by_user ON purchases (user_id, created_at DESC, purchase_id);

-- What happened, append-only: version counts 1, 2, 3 ... per purchase and is assigned under the purchase's lock.
-- event_id names an event everywhere; it is no order to read by, since a smaller one may be committed later.
CREATE TABLE events (
    event_id     bigint      GENERATED ALWAYS AS IDENTITY,
    purchase_id  identifier  NOT NULL REFERENCES purchases (purchase_id),
    version      integer     NOT NULL,
    event_type   event_type  NOT NULL,
    payload      json        NOT NULL,
    user_id      identifier  NOT NULL,
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
