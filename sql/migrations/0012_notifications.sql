-- Notifications: where the shop's backend wants to be told, and what was told there and when.
--
-- A delivery is made from the feed, after the fact: a transition pays nothing for it. Whoever
-- sends one holds a lease on it, never a lock, while the other side takes its time.

-- An endpoint: an address, what it wants to hear of, and the secret that signs what it is told.
-- told_up_to: the place in the feed up to which its deliveries were made. failing_since: the last
-- attempt failed; it then gets one at a time, so that it holds nobody else up.
CREATE TABLE endpoints (
    endpoint_id            bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url                    text           NOT NULL,
    mode                   purchase_mode  NOT NULL,
    message_types          text[],        -- NULL: all
    secret                 text           NOT NULL,
    previous_secret        text,
    previous_secret_until  timestamptz,
    fault                  text,
    told_up_to             bigint         NOT NULL,
    failing_since          timestamptz,
    created_at             timestamptz    NOT NULL DEFAULT clock_timestamp(),
    disabled_at            timestamptz,
    disabled_because       text,
    CONSTRAINT endpoints_fail_as_asked CHECK (
        fault IN ('duplicate', 'late', 'lost', 'reordered'))
);

-- What an endpoint is to be told: an event, or (without a purchase) a test. It is delivered, given
-- up, or due at due_at. A lease_until in the future: somebody is sending it.
CREATE TABLE deliveries (
    delivery_id      bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id      bigint       NOT NULL REFERENCES endpoints (endpoint_id) ON DELETE CASCADE,
    message_id       text         NOT NULL,
    message_type     text         NOT NULL,
    purchase_id      identifier,
    version          integer,
    in_order         boolean      NOT NULL DEFAULT true,
    lose_first       boolean      NOT NULL DEFAULT false,
    created_at       timestamptz  NOT NULL DEFAULT clock_timestamp(),
    due_at           timestamptz  NOT NULL DEFAULT clock_timestamp(),
    lease_until      timestamptz,
    attempts         integer      NOT NULL DEFAULT 0,
    last_attempt_at  timestamptz,
    last_status      integer,
    last_error       text,
    last_answer      text,
    delivered_at     timestamptz,
    given_up_at      timestamptz
);

-- Those that are still to be told, by endpoint; and of each purchase the first of them.
CREATE INDEX deliveries_due ON deliveries (endpoint_id, due_at)
    WHERE delivered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX deliveries_of_a_purchase_in_order ON deliveries (endpoint_id, purchase_id, delivery_id)
    WHERE delivered_at IS NULL AND given_up_at IS NULL;
-- Those that somebody is sending: as many as workers have threads, however many wait.
CREATE INDEX deliveries_under_way ON deliveries (endpoint_id)
    WHERE delivered_at IS NULL AND given_up_at IS NULL AND lease_until IS NOT NULL;
-- The log, newest first.
CREATE INDEX deliveries_of_an_endpoint ON deliveries (endpoint_id, delivery_id DESC);

-- What runs every so often, by any of the workers, one at a time.
CREATE TABLE periodic_tasks (
    name      text         PRIMARY KEY,
    next_at   timestamptz  NOT NULL
);
