-- Server keys, by which the shop's own backend proves who it is.
--
-- Of a key only its hash is kept. A revoked one stays, so that its name still says whose it was.

CREATE TABLE api_keys (
    key_id        bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          identifier     NOT NULL,
    mode          purchase_mode  NOT NULL,
    scopes        text[]         NOT NULL,
    sha256        bytea          NOT NULL,
    hint          text           NOT NULL,  -- the last four characters, to tell keys apart by
    created_at    timestamptz    NOT NULL DEFAULT clock_timestamp(),
    last_used_at  timestamptz,
    revoked_at    timestamptz,
    CONSTRAINT api_keys_have_a_scope CHECK (
        cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'write', 'refund']),
    CONSTRAINT api_keys_are_recognised_by_their_hash UNIQUE (sha256)
);

CREATE UNIQUE INDEX api_keys_in_use_have_a_name_of_their_own
    ON api_keys (name) WHERE revoked_at IS NULL;
