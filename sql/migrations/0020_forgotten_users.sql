-- Users who were forgotten: whose rows bear a pseudonym. Nothing here says who they were.
--
-- The code of the release before does not notice. Nothing here reads a table.

CREATE TABLE forgotten_users (
    pseudonym     identifier   PRIMARY KEY,
    forgotten_at  timestamptz  NOT NULL DEFAULT now(),
    request_id    text         NOT NULL
);

ALTER DOMAIN event_type DROP CONSTRAINT event_type_check;
ALTER DOMAIN event_type ADD CONSTRAINT event_type_check CHECK (VALUE IN (
    'purchase_invoice_created', 'purchase_invoice_reopened', 'purchase_succeeded',
    'purchase_failed', 'purchase_payment_refused', 'purchase_refunded', 'purchase_fulfilled',
    'purchase_user_forgotten',
    'subscription_started', 'subscription_renewed', 'subscription_canceled',
    'subscription_resumed', 'subscription_payment_failed', 'subscription_expired',
    'subscription_refunded')) NOT VALID;
