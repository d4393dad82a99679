-- Does to a subscription of the mock what Telegram, its user or the time does to a real one:
-- 'renew', 'fail' (a renewal is not paid), 'cancel' and 'resume' (by its user), 'expire' (now).
--
-- What comes back:
--   verdict       'changed'; 'unchanged' if it was so already; 'unknown' if there is none
--   event_type    the event that was written; NULL if nothing changed
--   subscription  its document as it is now
CREATE OR REPLACE FUNCTION play_subscription(
    asked_purchase_id text,
    asked_act text,
    asked_request_id text,
    OUT verdict text,
    OUT event_type text,
    OUT subscription json
) LANGUAGE plpgsql AS $$
DECLARE
    locked_purchase purchases;
    known subscriptions;
    at timestamptz;
    period interval;
BEGIN
    SELECT * INTO locked_purchase
    FROM purchases WHERE purchase_id = asked_purchase_id AND mode = 'mock' FOR UPDATE;
    SELECT * INTO known FROM subscriptions WHERE purchase_id = locked_purchase.purchase_id;
    IF known.purchase_id IS NULL THEN
        verdict := 'unknown';
        RETURN;
    END IF;

    at := next_moment(locked_purchase);
    period := make_interval(secs => locked_purchase.subscription_period);
    event_type := CASE
        WHEN asked_act = 'renew' AND locked_purchase.status = 'succeeded'
            THEN 'subscription_renewed'
        WHEN asked_act = 'fail' AND known.payment_failed_at IS NULL
            THEN 'subscription_payment_failed'
        WHEN asked_act = 'cancel' AND known.canceled_at IS NULL AND known.stopped_at IS NULL
            THEN 'subscription_canceled'
        WHEN asked_act = 'resume' AND NOT is_blocked(known)
            AND COALESCE(known.canceled_at, known.stopped_at, known.payment_failed_at) IS NOT NULL
            THEN 'subscription_resumed'
        WHEN asked_act = 'expire' AND known.expired_at IS NULL THEN 'subscription_expired'
    END;
    verdict := CASE WHEN event_type IS NULL THEN 'unchanged' ELSE 'changed' END;

    IF event_type = 'subscription_renewed' THEN
        PERFORM renew_subscription(
            locked_purchase, GREATEST(known.ends_at, at) + period, true, NULL, NULL,
            asked_request_id);
    ELSIF event_type = 'subscription_expired' THEN
        PERFORM expire_subscription(asked_purchase_id, true, asked_request_id);
    ELSIF event_type IS NOT NULL THEN
        PERFORM mark_subscription(
            locked_purchase, event_type, 'telegram', asked_request_id);
    END IF;

    SELECT subscription_document(subscriptions, purchases) INTO subscription
    FROM subscriptions JOIN purchases USING (purchase_id)
    WHERE purchase_id = asked_purchase_id;
END;
$$;
