-- Live payments: what is sold (items), what Telegram told (telegram_updates, star_transactions), and every payment in
-- Stars (charges) with the way back of those that were not kept (refunds).
--
-- A charge is known by its own id and by nothing else. It settles a purchase, or it goes back: nothing in between.

ALTER DOMAIN purchase_status DROP CONSTRAINT purchase_status_check;
ALTER DOMAIN purchase_status ADD CONSTRAINT purchase_status_check
    CHECK (VALUE IN ('pending', 'succeeded', 'failed', 'refunded'));
ALTER DOMAIN event_type DROP CONSTRAINT event_type_check;
ALTER DOMAIN event_type ADD CONSTRAINT event_type_check CHECK (VALUE IN (
    'purchase_invoice_created', 'purchase_invoice_reopened', 'purchase_succeeded', 'purchase_failed',
    'purchase_payment_refused', 'purchase_refunded'));

-- payment_refused_at: when a charge that did not fit last came in. The status stays as it was then.
ALTER TABLE purchases
    ADD COLUMN refunded_at timestamptz,
    ADD COLUMN payment_refused_at timestamptz,
    DROP CONSTRAINT dated_as_its_status_says,
    ADD CONSTRAINT dated_as_its_status_says CHECK (CASE status WHEN 'pending' THEN invoiced_at
        WHEN 'succeeded' THEN succeeded_at WHEN 'failed' THEN failed_at ELSE refunded_at END IS NOT NULL);

-- The catalogue. An item is never deleted: a purchase of it may still need its title. The lengths are Telegram's.
CREATE TABLE items (
    item_id        identifier     PRIMARY KEY,
    title          text           NOT NULL CHECK (length(title) BETWEEN 1 AND 32),
    description    text           NOT NULL CHECK (length(description) BETWEEN 1 AND 255),
    price_stars    stars          NOT NULL,
    purchase_type  purchase_type  NOT NULL,
    photo_url      text,
    active         boolean        NOT NULL
);

-- Every update, as it came: body is text, since json would refuse what nests too deeply. A second one of the same
-- update_id is a repeat. What has no number that can be one is kept all the same, under NULL.
CREATE TABLE telegram_updates (
    bot_id       bigint       NOT NULL,
    update_id    bigint,
    body         text         NOT NULL,
    received_at  timestamptz  NOT NULL DEFAULT clock_timestamp(),
    handled_at   timestamptz,
    outcome      text,
    CONSTRAINT handled_with_an_outcome CHECK ((handled_at IS NULL) = (outcome IS NULL)),
    UNIQUE (bot_id, update_id)
);
CREATE INDEX telegram_updates_unhandled ON telegram_updates (bot_id, update_id) WHERE handled_at IS NULL;

CREATE DOMAIN charge_verdict AS text CHECK (VALUE IN ('settled',
    'already_paid', 'wrong_amount', 'wrong_currency', 'wrong_payer', 'unknown_purchase', 'refunded_first'));

-- One row per payment that Telegram told of. verdict: it settled its purchase, or why it did not.
CREATE TABLE charges (
    telegram_payment_charge_id  text            PRIMARY KEY,
    bot_id                      bigint          NOT NULL,
    purchase_id                 identifier      REFERENCES purchases (purchase_id),
    invoice_payload             text            NOT NULL,
    payer_id                    identifier      NOT NULL,
    currency                    text            NOT NULL,
    amount                      bigint          NOT NULL,
    verdict                     charge_verdict  NOT NULL,
    recorded_at                 timestamptz     NOT NULL DEFAULT clock_timestamp(),
    refunded_at                 timestamptz,
    CONSTRAINT of_a_purchase_unless_unknown CHECK ((purchase_id IS NULL) = (verdict = 'unknown_purchase'))
);
CREATE UNIQUE INDEX charges_settle_once ON charges (purchase_id) WHERE verdict = 'settled';
CREATE INDEX charges_by_purchase ON charges (purchase_id);

-- The outbox: what is to be given back, one row a charge. It is asked for after due_at, and is done once Telegram said so.
CREATE TABLE refunds (
    telegram_payment_charge_id  text         PRIMARY KEY REFERENCES charges (telegram_payment_charge_id),
    request_id                  text         NOT NULL,
    requested_at                timestamptz  NOT NULL DEFAULT clock_timestamp(),
    due_at                      timestamptz  NOT NULL DEFAULT clock_timestamp(),
    attempts                    integer      NOT NULL DEFAULT 0,
    last_error                  text,
    done_at                     timestamptz
);
CREATE INDEX refunds_due ON refunds (due_at) WHERE done_at IS NULL;

-- Telegram's own list of what came in and went out, as far as it was read: position counts from 0 without gaps. A refund
-- has the id of its payment. explanation: what a person knows of one that no charge explains.
CREATE TABLE star_transactions (
    bot_id          bigint       NOT NULL,
    position        bigint       NOT NULL,
    transaction_id  text         NOT NULL,
    incoming        boolean      NOT NULL,
    amount          bigint       NOT NULL,
    dated           timestamptz  NOT NULL,
    body            json         NOT NULL,
    explanation     text,
    PRIMARY KEY (bot_id, transaction_id, incoming),
    UNIQUE (bot_id, position)
);

-- A moment for the next event of a purchase, asked once it is locked: never behind what the row already tells.
CREATE FUNCTION next_moment(known purchases) RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT GREATEST(clock_timestamp(), known.created_at, known.invoiced_at, known.succeeded_at, known.failed_at,
        known.refunded_at, known.payment_refused_at)
$$;

-- The payloads of events, here once for every statement that writes one. PostgreSQL inlines both.
CREATE FUNCTION event_payload(its purchases, event_type text, previous_status text, at timestamptz, metadata json)
    RETURNS json LANGUAGE sql STABLE AS $$
    SELECT CASE event_type
        WHEN 'purchase_invoice_created' THEN json_build_object('purchase_id', its.purchase_id, 'item_id', its.item_id,
            'price_stars', its.price_stars, 'purchase_type', its.purchase_type)
        WHEN 'purchase_succeeded' THEN json_build_object('purchase_id', its.purchase_id, 'item_id', its.item_id,
            'price_stars', its.price_stars, 'purchase_type', its.purchase_type,
            'previous_status', previous_status, 'metadata', metadata,
            'invoice_to_purchase_ms', floor(extract(epoch FROM at - its.invoiced_at) * 1000)::bigint)
        ELSE json_build_object('purchase_id', its.purchase_id, 'item_id', its.item_id,
            'price_stars', its.price_stars, 'purchase_type', its.purchase_type,
            'previous_status', previous_status)
    END
$$;

CREATE FUNCTION event_payload(its purchases, event_type text, previous_status text, at timestamptz, charge charges)
    RETURNS json LANGUAGE sql STABLE AS $$
    SELECT CASE event_type
        WHEN 'purchase_succeeded' THEN json_build_object('purchase_id', its.purchase_id, 'item_id', its.item_id,
            'price_stars', its.price_stars, 'purchase_type', its.purchase_type,
            'previous_status', previous_status, 'metadata', json_build_object(),
            'invoice_to_purchase_ms', floor(extract(epoch FROM at - its.invoiced_at) * 1000)::bigint,
            'telegram_payment_charge_id', charge.telegram_payment_charge_id)
        WHEN 'purchase_payment_refused' THEN json_build_object('purchase_id', its.purchase_id, 'item_id', its.item_id,
            'price_stars', its.price_stars, 'purchase_type', its.purchase_type,
            'previous_status', previous_status,
            'telegram_payment_charge_id', charge.telegram_payment_charge_id,
            'reason', charge.verdict, 'amount', charge.amount, 'currency', charge.currency)
        ELSE json_build_object('purchase_id', its.purchase_id, 'item_id', its.item_id,
            'price_stars', its.price_stars, 'purchase_type', its.purchase_type,
            'previous_status', previous_status,
            'telegram_payment_charge_id', charge.telegram_payment_charge_id)
    END
$$;

-- Why the catalogue does not let this be sold, no row when it does: 'item_not_for_sale', or the fields in which it says
-- otherwise. A NULL is not compared. Where no money is real, an empty catalogue lets everything be sold.
CREATE FUNCTION catalogue_refusal(in_mode text, of_item text, at_price integer, of_type text) RETURNS SETOF text
    LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN active THEN concat_ws(' ', CASE WHEN price_stars <> at_price THEN 'price_stars' END,
        CASE WHEN purchase_type <> of_type THEN 'purchase_type' END) ELSE 'item_not_for_sale' END
    FROM (SELECT) AS asked LEFT JOIN items ON item_id = of_item
    WHERE (active IS NOT TRUE OR price_stars <> at_price OR purchase_type <> of_type)
        AND (in_mode = 'live' OR EXISTS (SELECT FROM items))
$$;
