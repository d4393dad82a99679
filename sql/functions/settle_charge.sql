-- Records a charge with all that follows from it: its purchase has succeeded, also if it had
-- failed; or its subscription is renewed; or the charge is refused and queued for refund.
--
-- What comes back:
--   verdict          of charge_verdict; NULL if nothing was recorded: the charge is known, or its
--                    purchase is none of ours
--   event_type       the event that was written
--   previous_status  what the purchase was before
--   purchase         its row as it is now
CREATE OR REPLACE FUNCTION settle_charge(
    asked_charge_id text,
    asked_bot_id bigint,
    asked_payload text,
    asked_payer_id text,
    asked_currency text,
    asked_amount bigint,
    asked_recurrence text,
    asked_charged_at timestamptz,
    asked_paid_until timestamptz,
    asked_update_id bigint,
    already_refunded boolean,
    asked_request_id text,
    OUT verdict text,
    OUT event_type text,
    OUT previous_status text,
    OUT purchase json
) LANGUAGE plpgsql AS $$
DECLARE
    locked_purchase purchases;
    new_charge charges;
    changed_purchase purchases;
    until timestamptz;
    at timestamptz;
BEGIN
    SELECT * INTO locked_purchase
    FROM purchases WHERE purchase_id = asked_payload AND mode = 'live' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    -- Telegram's list has no end of a period, only the moment of the payment.
    IF locked_purchase.subscription_period IS NOT NULL THEN
        until := COALESCE(
            asked_paid_until,
            COALESCE(asked_charged_at, clock_timestamp())
                + make_interval(secs => locked_purchase.subscription_period));
    END IF;

    INSERT INTO charges (
        telegram_payment_charge_id, bot_id, purchase_id, invoice_payload, payer_id, currency,
        amount, verdict, refunded_at, recurrence, paid_until)
    VALUES (
        asked_charge_id, asked_bot_id, locked_purchase.purchase_id, asked_payload, asked_payer_id,
        asked_currency, asked_amount,
        charge_verdict(
            locked_purchase, asked_payer_id, asked_currency, asked_amount,
            asked_recurrence, until, already_refunded),
        CASE WHEN already_refunded THEN clock_timestamp() END, asked_recurrence, until)
    ON CONFLICT (telegram_payment_charge_id) DO NOTHING
    RETURNING * INTO new_charge;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    verdict := new_charge.verdict;

    IF verdict NOT IN ('settled', 'renewed') AND NOT already_refunded THEN
        INSERT INTO refunds (telegram_payment_charge_id, request_id)
        VALUES (asked_charge_id, asked_request_id);
    END IF;

    previous_status := locked_purchase.status;
    IF verdict = 'renewed' THEN
        event_type := 'subscription_renewed';
        changed_purchase := renew_subscription(
            locked_purchase, until, asked_recurrence IS NOT DISTINCT FROM 'first',
            asked_charge_id, asked_update_id, asked_request_id);
        purchase := row_to_json(changed_purchase);
        RETURN;
    END IF;

    -- The clock is read once the purchase is locked.
    at := next_moment(locked_purchase);
    event_type := CASE verdict
        WHEN 'settled' THEN 'purchase_succeeded'
        ELSE 'purchase_payment_refused'
    END;
    UPDATE purchases SET
        status = CASE verdict WHEN 'settled' THEN 'succeeded' ELSE status END,
        version = version + 1,
        succeeded_at = CASE verdict WHEN 'settled' THEN at ELSE succeeded_at END,
        payment_refused_at = CASE verdict WHEN 'settled' THEN payment_refused_at ELSE at END
    WHERE purchase_id = locked_purchase.purchase_id
    RETURNING * INTO changed_purchase;
    INSERT INTO events (purchase_id, version, event_type, user_id, request_id, created_at, payload)
    VALUES (
        changed_purchase.purchase_id, changed_purchase.version, event_type,
        changed_purchase.user_id, asked_request_id, at,
        event_payload(changed_purchase, event_type, previous_status, at, new_charge));

    IF locked_purchase.subscription_period IS NOT NULL THEN
        IF verdict = 'settled' THEN
            changed_purchase := start_subscription(
                changed_purchase, until, asked_charge_id, asked_update_id, asked_request_id);
        ELSIF asked_recurrence IS DISTINCT FROM 'renewal' AND NOT already_refunded THEN
            -- Who paid what is refused has a subscription with Telegram all the same.
            INSERT INTO subscription_edits (
                telegram_payment_charge_id, is_canceled, requested_by, request_id)
            VALUES (asked_charge_id, true, 'shop', asked_request_id);
        END IF;
    END IF;
    purchase := row_to_json(changed_purchase);
END;
$$;
