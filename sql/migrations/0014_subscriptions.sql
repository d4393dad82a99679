-- Subscriptions: what is paid for a time, and again when that is over.
--
-- The code of the release before does not notice. Nothing here reads a table: the new constraints
-- hold for what is written from now on, and what is there already satisfies them.

-- How many seconds one payment buys. NULL: the item is sold once.
ALTER TABLE items
    ADD COLUMN subscription_period integer,
    ADD CONSTRAINT items_have_a_period_of_telegrams CHECK (
        subscription_period IN (60, 300, 2592000)) NOT VALID,
    ADD CONSTRAINT items_renew_for_what_telegram_allows CHECK (
        subscription_period IS NULL OR price_stars <= 10000) NOT VALID;

-- The period of the item, as it was when the purchase was made. subscription_event_at: when the
-- last event of its subscription was written.
ALTER TABLE purchases
    ADD COLUMN subscription_period integer,
    ADD COLUMN subscription_event_at timestamptz;

-- recurrence: whether Telegram said that a charge begins a subscription or renews one; NULL where
-- it said nothing, as its list of transactions does. paid_until: the end of the period it paid.
ALTER TABLE charges
    ADD COLUMN recurrence text,
    ADD COLUMN paid_until timestamptz,
    ADD CONSTRAINT charges_begin_or_renew CHECK (recurrence IN ('first', 'renewal')) NOT VALID;

ALTER DOMAIN charge_verdict DROP CONSTRAINT charge_verdict_check;
ALTER DOMAIN charge_verdict ADD CONSTRAINT charge_verdict_check CHECK (VALUE IN (
    'settled', 'renewed', 'already_paid', 'wrong_amount', 'wrong_currency', 'wrong_payer',
    'unknown_purchase', 'refunded_first')) NOT VALID;

ALTER DOMAIN event_type DROP CONSTRAINT event_type_check;
ALTER DOMAIN event_type ADD CONSTRAINT event_type_check CHECK (VALUE IN (
    'purchase_invoice_created', 'purchase_invoice_reopened', 'purchase_succeeded',
    'purchase_failed', 'purchase_payment_refused', 'purchase_refunded', 'purchase_fulfilled',
    'subscription_started', 'subscription_renewed', 'subscription_canceled',
    'subscription_resumed', 'subscription_payment_failed', 'subscription_expired',
    'subscription_refunded')) NOT VALID;

-- A subscription: one row a purchase that has begun one. All but told_update_id, told_at and
-- paid_update_id follows from its events.
--
-- ends_at: what is paid is over then, whatever anybody tells. canceled_at: its user ended it in
-- Telegram. stopped_at, stopped_by: it was ended through the bot, for its user or for the shop.
-- expired_at: when the event of its end was written, NULL until then. told_update_id, told_at: the
-- last of Telegram's updates about its state. paid_update_id: the last that told of a payment.
CREATE TABLE subscriptions (
    purchase_id        identifier     PRIMARY KEY REFERENCES purchases,
    user_id            identifier     NOT NULL,
    item_id            identifier     NOT NULL,
    mode               purchase_mode  NOT NULL,
    started_at         timestamptz    NOT NULL,
    ends_at            timestamptz    NOT NULL,
    renewals           integer        NOT NULL DEFAULT 0,
    canceled_at        timestamptz,
    stopped_at         timestamptz,
    stopped_by         text,
    payment_failed_at  timestamptz,
    expired_at         timestamptz,
    told_update_id     bigint,
    told_at            timestamptz,
    paid_update_id     bigint,
    CONSTRAINT stopped_by_somebody CHECK ((stopped_at IS NULL) = (stopped_by IS NULL)),
    CONSTRAINT stopped_by_user_or_shop CHECK (stopped_by IN ('user', 'shop'))
);
CREATE INDEX subscriptions_by_user ON subscriptions (user_id, ends_at);
CREATE INDEX subscriptions_by_start ON subscriptions (started_at DESC, purchase_id);
CREATE INDEX subscriptions_to_expire ON subscriptions (ends_at) WHERE expired_at IS NULL;

-- The outbox of cancellations: what Telegram is to be asked for, one row a subscription of
-- Telegram's, which is known by its first charge. Whoever asks holds a lease, never a lock.
-- revision: counts the wishes, since a later one replaces an earlier one.
CREATE TABLE subscription_edits (
    telegram_payment_charge_id  text         PRIMARY KEY REFERENCES charges,
    is_canceled                 boolean      NOT NULL,
    requested_by                text         NOT NULL,
    request_id                  text         NOT NULL,
    revision                    integer      NOT NULL DEFAULT 1,
    due_at                      timestamptz  NOT NULL DEFAULT clock_timestamp(),
    lease_until                 timestamptz,
    attempts                    integer      NOT NULL DEFAULT 0,
    last_error                  text,
    done_at                     timestamptz
);
CREATE INDEX subscription_edits_due ON subscription_edits (due_at) WHERE done_at IS NULL;
