-- Records that a charge has gone back, whoever sent it: its refund is done, what it settled is
-- refunded, and what it paid of a subscription is not paid any more.
--
-- What comes back:
--   changed          whether something changed; NULL for a charge nobody has told of yet
--   previous_status  what the purchase that it settled was before; NULL if it settled none
--   purchase         that purchase's row as it is now
CREATE OR REPLACE FUNCTION take_charge_back(
    asked_charge_id text,
    asked_request_id text,
    OUT changed boolean,
    OUT previous_status text,
    OUT purchase json
) LANGUAGE plpgsql AS $$
DECLARE
    its_purchase_id text;
    locked_purchase purchases;
    returned_charge charges;
    changed_purchase purchases;
    at timestamptz;
BEGIN
    SELECT purchase_id INTO its_purchase_id
    FROM charges WHERE telegram_payment_charge_id = asked_charge_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    -- The purchase first and then the charge, as everywhere.
    SELECT * INTO locked_purchase
    FROM purchases WHERE purchase_id = its_purchase_id FOR UPDATE;
    UPDATE charges SET refunded_at = clock_timestamp()
    WHERE telegram_payment_charge_id = asked_charge_id AND refunded_at IS NULL
    RETURNING * INTO returned_charge;
    changed := FOUND;
    IF NOT changed THEN
        RETURN;
    END IF;
    UPDATE refunds SET done_at = clock_timestamp(), last_error = NULL
    WHERE telegram_payment_charge_id = asked_charge_id AND done_at IS NULL;

    changed_purchase := locked_purchase;
    IF returned_charge.verdict = 'settled' THEN
        previous_status := locked_purchase.status;
        at := next_moment(locked_purchase);
        UPDATE purchases SET status = 'refunded', version = version + 1, refunded_at = at
        WHERE purchase_id = locked_purchase.purchase_id
        RETURNING * INTO changed_purchase;
        INSERT INTO events (
            purchase_id, version, event_type, user_id, request_id, created_at, payload)
        VALUES (
            changed_purchase.purchase_id, changed_purchase.version, 'purchase_refunded',
            changed_purchase.user_id, asked_request_id, at,
            event_payload(
                changed_purchase, 'purchase_refunded', previous_status, at, returned_charge));
        purchase := row_to_json(changed_purchase);
    END IF;
    IF returned_charge.verdict IN ('settled', 'renewed')
        AND locked_purchase.subscription_period IS NOT NULL THEN
        PERFORM refund_subscription(changed_purchase, returned_charge, asked_request_id);
    END IF;
END;
$$;
