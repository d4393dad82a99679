-- Outcomes armed in advance: how the next mock purchases that match are to end. Nothing about real money is here.
--
-- A row is armed while taken < times, and taken under its lock: never once too often, whoever asks at the same time.

CREATE DOMAIN mock_outcome AS text CHECK (VALUE IN ('paid', 'failed', 'pending', 'lost'));

CREATE TABLE mock_outcomes (
    outcome_id   bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      identifier,  -- NULL, here and below: any
    item_id      identifier,
    purchase_id  identifier,
    outcome      mock_outcome NOT NULL,
    delay        real         NOT NULL CHECK (delay BETWEEN 0 AND 10),  -- seconds
    times        integer      NOT NULL CHECK (times BETWEEN 1 AND 100000),
    taken        integer      NOT NULL DEFAULT 0 CHECK (taken BETWEEN 0 AND times),
    created_at   timestamptz  NOT NULL DEFAULT clock_timestamp()
);

-- Looked at by every mock purchase, and nearly always empty.
CREATE INDEX mock_outcomes_armed ON mock_outcomes (outcome_id) WHERE taken < times;

-- Whether a row is meant for this purchase: the one place that says so. PostgreSQL inlines it.
CREATE FUNCTION is_meant_for(armed mock_outcomes, by_user text, of_item text, of_purchase text) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE(armed.user_id = by_user, true) AND COALESCE(armed.item_id = of_item, true)
        AND COALESCE(armed.purchase_id = of_purchase, true)
$$;

-- A row as it is shown to whoever armed it.
CREATE FUNCTION shown(armed mock_outcomes) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'outcome_id', armed.outcome_id,
        'match', json_strip_nulls(json_build_object(
            'user_id', armed.user_id, 'item_id', armed.item_id, 'purchase_id', armed.purchase_id)),
        'outcome', armed.outcome, 'delay', armed.delay, 'times', armed.times, 'taken', armed.taken,
        'created_at', armed.created_at)
$$;
