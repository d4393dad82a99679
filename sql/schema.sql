-- The schema as it is today: what a database holds after all migrations, without its functions.
--
-- To be read; flask db migrate does not use it. tests/database/test_schema.py compares it with the
-- sum of the migrations. What calls what stands in sql/functions.

CREATE DOMAIN charge_verdict AS text;

CREATE DOMAIN event_type AS text;

CREATE DOMAIN identifier AS text
    CONSTRAINT identifier_check CHECK (((VALUE ~ '^[A-Za-z0-9._:-]+$'::text)
        AND (length(VALUE) <= 64)));

CREATE DOMAIN metadata AS json
    CONSTRAINT metadata_check CHECK (((json_typeof(VALUE) = 'object'::text)
        AND (octet_length((VALUE)::text) <= 4096)));

CREATE DOMAIN mock_outcome AS text
    CONSTRAINT mock_outcome_check
        CHECK ((VALUE = ANY (ARRAY['paid'::text, 'failed'::text, 'pending'::text, 'lost'::text])));

CREATE DOMAIN purchase_mode AS text
    CONSTRAINT purchase_mode_check CHECK ((VALUE = ANY (ARRAY['mock'::text, 'live'::text])));

CREATE TYPE purchase_order AS (
    item_id text,
    price_stars integer,
    purchase_type text,
    source text,
    channel text,
    metadata json
);

CREATE DOMAIN purchase_status AS text
    CONSTRAINT purchase_status_check
        CHECK ((VALUE = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text,
        'refunded'::text])));

CREATE TYPE purchase_step AS (
    to_status text,
    from_statuses text[],
    event_if_known text,
    event_if_new text
);

CREATE DOMAIN purchase_type AS text
    CONSTRAINT purchase_type_check
        CHECK ((VALUE = ANY (ARRAY['stars_pack'::text, 'cosmetic'::text, 'boost'::text,
        'unknown'::text])));

CREATE DOMAIN stars AS integer
    CONSTRAINT stars_check CHECK (((VALUE >= 1) AND (VALUE <= 100000)));

CREATE TABLE purchases (
    purchase_id identifier NOT NULL,
    user_id identifier NOT NULL,
    item_id identifier NOT NULL,
    price_stars stars NOT NULL,
    purchase_type purchase_type NOT NULL,
    status purchase_status NOT NULL,
    mode purchase_mode NOT NULL,
    source identifier,
    channel identifier,
    metadata metadata NOT NULL,
    pay_url text,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    invoiced_at timestamp with time zone,
    succeeded_at timestamp with time zone,
    failed_at timestamp with time zone,
    refunded_at timestamp with time zone,
    payment_refused_at timestamp with time zone,
    fulfilled_at timestamp with time zone,
    fulfilment_reference identifier,
    checkout_query_id text,
    checkout_reserved_at timestamp with time zone,
    subscription_period integer,
    subscription_event_at timestamp with time zone,
    CONSTRAINT dated_as_its_status_says CHECK ((
CASE status
    WHEN 'pending'::text THEN invoiced_at
    WHEN 'succeeded'::text THEN succeeded_at
    WHEN 'failed'::text THEN failed_at
    ELSE refunded_at
END IS NOT NULL)),
    CONSTRAINT reserved_for_a_query
        CHECK (((checkout_query_id IS NULL) = (checkout_reserved_at IS NULL)))
)
WITH (fillfactor='50');

CREATE TABLE deliveries (
    delivery_id bigint NOT NULL,
    endpoint_id bigint NOT NULL,
    message_id text NOT NULL,
    message_type text NOT NULL,
    purchase_id identifier,
    version integer,
    in_order boolean DEFAULT true NOT NULL,
    lose_first boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease_until timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    last_attempt_at timestamp with time zone,
    last_status integer,
    last_error text,
    last_answer text,
    delivered_at timestamp with time zone,
    given_up_at timestamp with time zone
);

CREATE TABLE charges (
    telegram_payment_charge_id text NOT NULL,
    bot_id bigint NOT NULL,
    purchase_id identifier,
    invoice_payload text NOT NULL,
    payer_id identifier NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    verdict charge_verdict NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    refunded_at timestamp with time zone,
    recurrence text,
    paid_until timestamp with time zone,
    CONSTRAINT of_a_purchase_unless_unknown
        CHECK (((purchase_id IS NULL) = ((verdict)::text = 'unknown_purchase'::text)))
);

CREATE TABLE mock_outcomes (
    outcome_id bigint NOT NULL,
    user_id identifier,
    item_id identifier,
    purchase_id identifier,
    outcome mock_outcome NOT NULL,
    delay real NOT NULL,
    times integer NOT NULL,
    taken integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    taken_by identifier[] DEFAULT '{}'::identifier[] NOT NULL,
    taken_at timestamp with time zone,
    CONSTRAINT mock_outcomes_check CHECK (((taken >= 0) AND (taken <= times))),
    CONSTRAINT mock_outcomes_delay_check CHECK (((delay >= (0)::double precision)
        AND (delay <= (10)::double precision))),
    CONSTRAINT mock_outcomes_times_check CHECK (((times >= 1) AND (times <= 100000)))
);

CREATE TABLE api_keys (
    key_id bigint NOT NULL,
    name identifier NOT NULL,
    mode purchase_mode NOT NULL,
    scopes text[] NOT NULL,
    sha256 bytea NOT NULL,
    hint text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_keys_have_a_scope CHECK (((cardinality(scopes) > 0)
        AND (scopes <@ ARRAY['read'::text, 'write'::text, 'refund'::text])))
);

ALTER TABLE api_keys ALTER COLUMN key_id ADD GENERATED ALWAYS AS IDENTITY;

CREATE TABLE awaited_fulfilments (
    purchase_id identifier NOT NULL,
    mode purchase_mode NOT NULL,
    paid_at timestamp with time zone NOT NULL
);

ALTER TABLE deliveries ALTER COLUMN delivery_id ADD GENERATED ALWAYS AS IDENTITY;

CREATE TABLE endpoints (
    endpoint_id bigint NOT NULL,
    url text NOT NULL,
    mode purchase_mode NOT NULL,
    message_types text[],
    secret text NOT NULL,
    previous_secret text,
    previous_secret_until timestamp with time zone,
    fault text,
    told_up_to bigint NOT NULL,
    failing_since timestamp with time zone,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    disabled_at timestamp with time zone,
    disabled_because text,
    CONSTRAINT endpoints_fail_as_asked
        CHECK ((fault = ANY (ARRAY['duplicate'::text, 'late'::text, 'lost'::text,
        'reordered'::text])))
);

ALTER TABLE endpoints ALTER COLUMN endpoint_id ADD GENERATED ALWAYS AS IDENTITY;

CREATE TABLE events (
    event_id bigint NOT NULL,
    purchase_id identifier NOT NULL,
    version integer NOT NULL,
    event_type event_type NOT NULL,
    payload json NOT NULL,
    user_id identifier NOT NULL,
    request_id text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE events ALTER COLUMN event_id ADD GENERATED ALWAYS AS IDENTITY;

CREATE TABLE feed (
    "position" bigint NOT NULL,
    purchase_id identifier NOT NULL,
    version integer NOT NULL
);

CREATE TABLE feed_queue (
    purchase_id identifier NOT NULL,
    version integer NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');

CREATE TABLE forgotten_users (
    pseudonym identifier NOT NULL,
    forgotten_at timestamp with time zone DEFAULT now() NOT NULL,
    request_id text NOT NULL
);

CREATE TABLE forwards (
    forward_id bigint NOT NULL,
    bot_id bigint NOT NULL,
    chat text NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease_until timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    last_error text
);

ALTER TABLE forwards ALTER COLUMN forward_id ADD GENERATED ALWAYS AS IDENTITY;

CREATE TABLE fulfilment_awaited_since (
    mode purchase_mode NOT NULL,
    purpose text NOT NULL,
    since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT fulfilment_is_awaited_for_a_purpose
        CHECK ((purpose = ANY (ARRAY['alarm'::text, 'refund'::text])))
);

CREATE TABLE funnel_counts (
    hour timestamp with time zone NOT NULL,
    mode purchase_mode NOT NULL,
    dimension text NOT NULL,
    key text COLLATE "C" NOT NULL,
    created integer NOT NULL,
    completed integer NOT NULL,
    failed integer NOT NULL,
    stars_sold bigint NOT NULL,
    times bigint[],
    fulfilled integer DEFAULT 0 NOT NULL,
    fulfil_times bigint[],
    CONSTRAINT a_dimension_is_one_of_the_funnels CHECK ((dimension = ANY (ARRAY['total'::text,
        'purchase_type'::text, 'source'::text, 'channel'::text])))
);

CREATE TABLE funnel_hours (
    hour timestamp with time zone NOT NULL
);

CREATE TABLE funnel_progress (
    only_row boolean DEFAULT true NOT NULL,
    "position" bigint NOT NULL,
    CONSTRAINT there_is_one_row CHECK (only_row)
);

CREATE TABLE health_checks (
    bot_id bigint NOT NULL,
    name text NOT NULL,
    value double precision,
    problem text,
    cure text,
    checked_at timestamp with time zone NOT NULL,
    CONSTRAINT a_problem_has_a_cure CHECK (((problem IS NULL) = (cure IS NULL)))
);

CREATE TABLE items (
    item_id identifier NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    price_stars stars NOT NULL,
    purchase_type purchase_type NOT NULL,
    photo_url text,
    active boolean NOT NULL,
    subscription_period integer,
    CONSTRAINT items_description_check CHECK (((length(description) >= 1)
        AND (length(description) <= 255))),
    CONSTRAINT items_title_check CHECK (((length(title) >= 1) AND (length(title) <= 32)))
);

ALTER TABLE mock_outcomes ALTER COLUMN outcome_id ADD GENERATED ALWAYS AS IDENTITY;

CREATE TABLE periodic_tasks (
    name text NOT NULL,
    next_at timestamp with time zone NOT NULL
);

CREATE TABLE refunds (
    telegram_payment_charge_id text NOT NULL,
    request_id text NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    last_error text,
    done_at timestamp with time zone
);

CREATE TABLE schema_functions (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE schema_migrations (
    number integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE star_balances (
    bot_id bigint NOT NULL,
    nanostars numeric NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE star_transactions (
    bot_id bigint NOT NULL,
    "position" bigint NOT NULL,
    transaction_id text NOT NULL,
    incoming boolean NOT NULL,
    amount bigint NOT NULL,
    dated timestamp with time zone NOT NULL,
    body json NOT NULL,
    explanation text,
    kind text,
    nanostars numeric,
    commission numeric
);

CREATE TABLE subscription_edits (
    telegram_payment_charge_id text NOT NULL,
    is_canceled boolean NOT NULL,
    requested_by text NOT NULL,
    request_id text NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease_until timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    last_error text,
    done_at timestamp with time zone
);

CREATE TABLE subscriptions (
    purchase_id identifier NOT NULL,
    user_id identifier NOT NULL,
    item_id identifier NOT NULL,
    mode purchase_mode NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    renewals integer DEFAULT 0 NOT NULL,
    canceled_at timestamp with time zone,
    stopped_at timestamp with time zone,
    stopped_by text,
    payment_failed_at timestamp with time zone,
    expired_at timestamp with time zone,
    told_update_id bigint,
    told_at timestamp with time zone,
    paid_update_id bigint,
    allowed_at timestamp with time zone,
    CONSTRAINT stopped_by_somebody CHECK (((stopped_at IS NULL) = (stopped_by IS NULL))),
    CONSTRAINT stopped_by_user_or_shop
        CHECK ((stopped_by = ANY (ARRAY['user'::text, 'shop'::text])))
);

CREATE TABLE telegram_updates (
    bot_id bigint NOT NULL,
    update_id bigint,
    body text NOT NULL,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    handled_at timestamp with time zone,
    outcome text,
    CONSTRAINT handled_with_an_outcome CHECK (((handled_at IS NULL) = (outcome IS NULL)))
);

ALTER TABLE ONLY api_keys
    ADD CONSTRAINT api_keys_are_recognised_by_their_hash UNIQUE (sha256);

ALTER TABLE ONLY api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (key_id);

ALTER TABLE ONLY awaited_fulfilments
    ADD CONSTRAINT awaited_fulfilments_pkey PRIMARY KEY (purchase_id);

ALTER DOMAIN charge_verdict
    ADD CONSTRAINT charge_verdict_check
        CHECK ((VALUE = ANY (ARRAY['settled'::text, 'renewed'::text, 'already_paid'::text,
        'wrong_amount'::text, 'wrong_currency'::text, 'wrong_payer'::text,
        'unknown_purchase'::text, 'refunded_first'::text]))) NOT VALID;

ALTER TABLE charges
    ADD CONSTRAINT charges_begin_or_renew
        CHECK ((recurrence = ANY (ARRAY['first'::text, 'renewal'::text]))) NOT VALID;

ALTER TABLE ONLY charges
    ADD CONSTRAINT charges_pkey PRIMARY KEY (telegram_payment_charge_id);

ALTER TABLE ONLY deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (delivery_id);

ALTER TABLE ONLY endpoints
    ADD CONSTRAINT endpoints_pkey PRIMARY KEY (endpoint_id);

ALTER DOMAIN event_type
    ADD CONSTRAINT event_type_check
        CHECK ((VALUE = ANY (ARRAY['purchase_invoice_created'::text,
        'purchase_invoice_reopened'::text, 'purchase_succeeded'::text, 'purchase_failed'::text,
        'purchase_payment_refused'::text, 'purchase_refunded'::text,
        'purchase_fulfilled'::text, 'purchase_user_forgotten'::text, 'subscription_started'::text,
        'subscription_renewed'::text, 'subscription_canceled'::text,
        'subscription_resumed'::text, 'subscription_payment_failed'::text,
        'subscription_expired'::text, 'subscription_refunded'::text]))) NOT VALID;

ALTER TABLE ONLY events
    ADD CONSTRAINT events_pkey PRIMARY KEY (purchase_id, version);

ALTER TABLE ONLY feed
    ADD CONSTRAINT every_event_has_one_place UNIQUE (purchase_id, version);

ALTER TABLE ONLY feed
    ADD CONSTRAINT feed_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY forgotten_users
    ADD CONSTRAINT forgotten_users_pkey PRIMARY KEY (pseudonym);

ALTER TABLE ONLY forwards
    ADD CONSTRAINT forwards_pkey PRIMARY KEY (forward_id);

ALTER TABLE ONLY fulfilment_awaited_since
    ADD CONSTRAINT fulfilment_awaited_since_pkey PRIMARY KEY (mode, purpose);

ALTER TABLE ONLY funnel_counts
    ADD CONSTRAINT funnel_counts_pkey PRIMARY KEY (hour, mode, dimension, key);

ALTER TABLE ONLY funnel_hours
    ADD CONSTRAINT funnel_hours_pkey PRIMARY KEY (hour);

ALTER TABLE ONLY funnel_progress
    ADD CONSTRAINT funnel_progress_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY health_checks
    ADD CONSTRAINT health_checks_pkey PRIMARY KEY (bot_id, name);

ALTER DOMAIN identifier
    ADD CONSTRAINT identifiers_can_be_addressed
        CHECK ((VALUE <> ALL (ARRAY['.'::text, '..'::text]))) NOT VALID;

ALTER TABLE items
    ADD CONSTRAINT items_have_a_period_of_telegrams
        CHECK ((subscription_period = ANY (ARRAY[60, 300, 2592000]))) NOT VALID;

ALTER TABLE ONLY items
    ADD CONSTRAINT items_pkey PRIMARY KEY (item_id);

ALTER TABLE items
    ADD CONSTRAINT items_renew_for_what_telegram_allows
        CHECK (((subscription_period IS NULL) OR ((price_stars)::integer <= 10000))) NOT VALID;

ALTER TABLE ONLY mock_outcomes
    ADD CONSTRAINT mock_outcomes_pkey PRIMARY KEY (outcome_id);

ALTER TABLE ONLY periodic_tasks
    ADD CONSTRAINT periodic_tasks_pkey PRIMARY KEY (name);

ALTER TABLE ONLY purchases
    ADD CONSTRAINT purchases_pkey PRIMARY KEY (purchase_id);

ALTER TABLE ONLY refunds
    ADD CONSTRAINT refunds_pkey PRIMARY KEY (telegram_payment_charge_id);

ALTER TABLE ONLY schema_functions
    ADD CONSTRAINT schema_functions_pkey PRIMARY KEY (name, applied_at);

ALTER TABLE ONLY schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (number);

ALTER TABLE ONLY star_balances
    ADD CONSTRAINT star_balances_pkey PRIMARY KEY (bot_id);

ALTER TABLE ONLY star_transactions
    ADD CONSTRAINT star_transactions_bot_id_position_key UNIQUE (bot_id, "position");

ALTER TABLE ONLY star_transactions
    ADD CONSTRAINT star_transactions_pkey PRIMARY KEY (bot_id, transaction_id, incoming);

ALTER TABLE ONLY subscription_edits
    ADD CONSTRAINT subscription_edits_pkey PRIMARY KEY (telegram_payment_charge_id);

ALTER TABLE ONLY subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (purchase_id);

ALTER TABLE ONLY telegram_updates
    ADD CONSTRAINT telegram_updates_bot_id_update_id_key UNIQUE (bot_id, update_id);

CREATE UNIQUE INDEX api_keys_in_use_have_a_name_of_their_own ON api_keys USING btree (name)
    WHERE (revoked_at IS NULL);

CREATE INDEX awaited_fulfilments_by_age ON awaited_fulfilments USING btree (mode, paid_at);

CREATE INDEX charges_by_purchase ON charges USING btree (purchase_id);

CREATE UNIQUE INDEX charges_settle_once ON charges USING btree (purchase_id)
    WHERE ((verdict)::text = 'settled'::text);

CREATE INDEX deliveries_due ON deliveries USING btree (endpoint_id, due_at)
    WHERE ((delivered_at IS NULL) AND (given_up_at IS NULL));

CREATE INDEX deliveries_of_a_purchase_in_order ON deliveries USING btree (endpoint_id,
    purchase_id, delivery_id) WHERE ((delivered_at IS NULL) AND (given_up_at IS NULL));

CREATE INDEX deliveries_of_an_endpoint ON deliveries USING btree (endpoint_id, delivery_id DESC);

CREATE INDEX deliveries_under_way ON deliveries USING btree (endpoint_id)
    WHERE ((delivered_at IS NULL) AND (given_up_at IS NULL) AND (lease_until IS NOT NULL));

CREATE INDEX forwards_due ON forwards USING btree (bot_id, due_at);

CREATE INDEX forwards_of_a_chat_in_order ON forwards USING btree (bot_id, chat, forward_id);

CREATE INDEX mock_outcomes_armed ON mock_outcomes USING btree (outcome_id) WHERE (taken < times);

CREATE INDEX purchases_by_created_at ON purchases USING btree (created_at DESC, purchase_id);

CREATE INDEX purchases_by_user ON purchases USING btree (user_id, created_at DESC, purchase_id);

CREATE INDEX refunds_due ON refunds USING btree (due_at) WHERE (done_at IS NULL);

CREATE INDEX subscription_edits_due ON subscription_edits USING btree (due_at)
    WHERE (done_at IS NULL);

CREATE INDEX subscriptions_by_start ON subscriptions USING btree (started_at DESC, purchase_id);

CREATE INDEX subscriptions_by_user ON subscriptions USING btree (user_id, ends_at);

CREATE INDEX subscriptions_to_expire ON subscriptions USING btree (ends_at)
    WHERE (expired_at IS NULL);

CREATE INDEX telegram_updates_by_age ON telegram_updates USING btree (bot_id, received_at);

CREATE INDEX telegram_updates_unhandled ON telegram_updates USING btree (bot_id, update_id)
    WHERE (handled_at IS NULL);

CREATE TRIGGER events_are_append_only BEFORE DELETE OR UPDATE ON events FOR EACH ROW
    EXECUTE FUNCTION refuse_to_rewrite_history();

CREATE TRIGGER events_are_never_truncated BEFORE TRUNCATE ON events FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_to_rewrite_history();

CREATE TRIGGER events_are_queued_for_the_feed AFTER INSERT ON events FOR EACH ROW
    EXECUTE FUNCTION queue_for_the_feed();

ALTER TABLE ONLY charges
    ADD CONSTRAINT charges_purchase_id_fkey FOREIGN KEY (purchase_id)
        REFERENCES purchases(purchase_id);

ALTER TABLE ONLY deliveries
    ADD CONSTRAINT deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id)
        REFERENCES endpoints(endpoint_id) ON DELETE CASCADE;

ALTER TABLE ONLY events
    ADD CONSTRAINT events_purchase_id_fkey FOREIGN KEY (purchase_id)
        REFERENCES purchases(purchase_id);

ALTER TABLE ONLY funnel_counts
    ADD CONSTRAINT funnel_counts_hour_fkey FOREIGN KEY (hour)
        REFERENCES funnel_hours(hour) ON DELETE CASCADE;

ALTER TABLE ONLY refunds
    ADD CONSTRAINT refunds_telegram_payment_charge_id_fkey
        FOREIGN KEY (telegram_payment_charge_id) REFERENCES charges(telegram_payment_charge_id);

ALTER TABLE ONLY subscription_edits
    ADD CONSTRAINT subscription_edits_telegram_payment_charge_id_fkey
        FOREIGN KEY (telegram_payment_charge_id) REFERENCES charges(telegram_payment_charge_id);

ALTER TABLE ONLY subscriptions
    ADD CONSTRAINT subscriptions_purchase_id_fkey FOREIGN KEY (purchase_id)
        REFERENCES purchases(purchase_id);
