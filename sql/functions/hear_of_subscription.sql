-- Takes what Telegram told of a subscription's state: 'canceled' or 'active' by its user, 'failed'
-- if a renewal could not be paid.
--
-- Telegram names neither a charge nor a date. Told twice it changes nothing. What was overtaken by
-- a later update is known by its number: those rise, but after an idle week they begin anew, and no
-- update is delivered later than after a day.
-- What comes back:
--   verdict     'heard', 'unchanged', 'overtaken', 'too_early' (its first payment is not known
--               yet), 'unknown' (there is no such subscription of this user)
--   event_type  the event that was written, if one was
--   purchase    its row as it is now
CREATE OR REPLACE FUNCTION hear_of_subscription(
    asked_payload text,
    asked_user_id text,
    asked_state text,
    asked_update_id bigint,
    asked_request_id text,
    OUT verdict text,
    OUT event_type text,
    OUT purchase json
) LANGUAGE plpgsql AS $$
DECLARE
    locked_purchase purchases;
    known subscriptions;
    own_edit subscription_edits;
BEGIN
    SELECT * INTO locked_purchase
    FROM purchases
    WHERE purchase_id = asked_payload AND mode = 'live' AND user_id = asked_user_id
        AND subscription_period IS NOT NULL
    FOR UPDATE;
    SELECT * INTO known FROM subscriptions WHERE purchase_id = locked_purchase.purchase_id;
    verdict := CASE
        WHEN locked_purchase.purchase_id IS NULL THEN 'unknown'
        WHEN known.purchase_id IS NULL THEN 'too_early'
        WHEN known.told_at > clock_timestamp() - interval '1 day'
            AND asked_update_id < known.told_update_id THEN 'overtaken'
        WHEN asked_state = 'failed' AND asked_update_id < known.paid_update_id THEN 'overtaken'
        ELSE 'unchanged'
    END;
    IF verdict <> 'unchanged' THEN
        RETURN;
    END IF;

    UPDATE subscriptions SET told_update_id = asked_update_id, told_at = clock_timestamp()
    WHERE purchase_id = known.purchase_id;
    -- Who takes it up again was allowed to: our own wish, whose outcome nobody knew, was fulfilled.
    SELECT * INTO own_edit
    FROM subscription_edits
    WHERE done_at IS NULL AND attempts > 0 AND NOT is_canceled AND asked_state = 'active'
        AND telegram_payment_charge_id IN (
            SELECT telegram_payment_charge_id
            FROM charges
            WHERE purchase_id = known.purchase_id AND charges.verdict IN ('settled', 'renewed'));
    IF FOUND THEN
        PERFORM stop_subscription(
            locked_purchase, false, own_edit.requested_by, own_edit.request_id);
        SELECT * INTO known FROM subscriptions WHERE purchase_id = known.purchase_id;
    END IF;

    event_type := CASE
        WHEN asked_state = 'canceled' AND known.canceled_at IS NULL AND known.stopped_at IS NULL
            THEN 'subscription_canceled'
        WHEN asked_state = 'active' AND NOT is_blocked(known)
            AND COALESCE(known.canceled_at, known.stopped_at, known.payment_failed_at) IS NOT NULL
            THEN 'subscription_resumed'
        WHEN asked_state = 'failed' AND known.payment_failed_at IS NULL
            THEN 'subscription_payment_failed'
    END;
    IF event_type IS NULL THEN
        RETURN;
    END IF;
    verdict := 'heard';
    purchase := row_to_json(mark_subscription(
        locked_purchase, event_type, 'telegram', asked_request_id));
END;
$$;
