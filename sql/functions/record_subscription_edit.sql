-- Telegram has ended the renewals of a subscription, or allows its user to go on: records it.
--
-- A later wish (another revision) stays in the outbox. A charge that was refused has a subscription
-- with Telegram, but none here.
CREATE OR REPLACE FUNCTION record_subscription_edit(
    asked_charge_id text,
    asked_revision integer,
    is_canceled boolean,
    asked_by text,
    asked_request_id text,
    OUT event_type text,
    OUT purchase json
) LANGUAGE plpgsql AS $$
DECLARE
    locked_purchase purchases;
BEGIN
    SELECT * INTO locked_purchase
    FROM purchases
    WHERE purchase_id = (
        SELECT purchase_id
        FROM charges
        WHERE telegram_payment_charge_id = asked_charge_id AND verdict IN ('settled', 'renewed'))
    FOR UPDATE;
    UPDATE subscription_edits SET
        lease_until = NULL,
        last_error = NULL,
        done_at = CASE revision WHEN asked_revision THEN clock_timestamp() END
    WHERE telegram_payment_charge_id = asked_charge_id;
    IF locked_purchase.purchase_id IS NOT NULL THEN
        SELECT done.event_type, done.purchase INTO event_type, purchase
        FROM stop_subscription(locked_purchase, is_canceled, asked_by, asked_request_id) AS done;
    END IF;
END;
$$;
