-- Ends the renewals of a subscription for its user or for the shop, or takes that back, once it is
-- done in fact. Its purchase is locked by now. What a user has done in Telegram stays as it is.
--
-- Tells the event that was written, NULL if it was so already, and the purchase's row after it.
CREATE OR REPLACE FUNCTION stop_subscription(
    its purchases,
    is_canceled boolean,
    asked_by text,
    asked_request_id text,
    OUT event_type text,
    OUT purchase json
) LANGUAGE plpgsql AS $$
DECLARE
    known subscriptions;
    at timestamptz := next_moment(its);
BEGIN
    SELECT * INTO known FROM subscriptions WHERE purchase_id = its.purchase_id;
    IF is_canceled = (known.stopped_at IS NOT NULL) THEN
        RETURN;
    END IF;
    event_type := CASE
        WHEN is_canceled THEN 'subscription_canceled'
        ELSE 'subscription_resumed'
    END;
    UPDATE subscriptions SET
        stopped_at = CASE WHEN is_canceled THEN at END,
        stopped_by = CASE WHEN is_canceled THEN asked_by END
    WHERE purchase_id = its.purchase_id;
    purchase := row_to_json(write_subscription_event(
        its, event_type, at, known.ends_at, asked_by, NULL, asked_request_id));
END;
$$;
