-- Handing out: when the shop said that it has handed out a purchase, and under which reference.
--
-- The code of the release before does not notice. Nothing here reads a table: the new constraints
-- hold for what is written from now on, and what is there already satisfies them.

ALTER TABLE purchases
    ADD COLUMN fulfilled_at timestamptz,
    ADD COLUMN fulfilment_reference identifier;

ALTER DOMAIN event_type DROP CONSTRAINT event_type_check;
ALTER DOMAIN event_type ADD CONSTRAINT event_type_check CHECK (VALUE IN (
    'purchase_invoice_created', 'purchase_invoice_reopened', 'purchase_succeeded',
    'purchase_failed', 'purchase_payment_refused', 'purchase_refunded', 'purchase_fulfilled')) NOT VALID;

-- What was paid and is not handed out yet. Kept by sequence_feed from the events, beside a purchase
-- and not within it: an index on its status would make every completion dearer. What was paid
-- before this table was there is not awaited.
CREATE TABLE awaited_fulfilments (
    purchase_id  identifier   PRIMARY KEY,
    mode         purchase_mode NOT NULL,
    paid_at      timestamptz  NOT NULL
);
CREATE INDEX awaited_fulfilments_by_age ON awaited_fulfilments (mode, paid_at);

-- Since when the service waits for handing out, for each purpose: 'alarm' says what is late,
-- 'refund' gives it back. What was paid before is left alone, so that a setting that is switched on
-- in a shop that runs gives nothing back at once.
CREATE TABLE fulfilment_awaited_since (
    mode     purchase_mode  NOT NULL,
    purpose  text           NOT NULL,
    since    timestamptz    NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (mode, purpose),
    CONSTRAINT fulfilment_is_awaited_for_a_purpose CHECK (purpose IN ('alarm', 'refund'))
);
