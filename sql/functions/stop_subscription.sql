-- Ends the renewals of a subscription for its user or for the shop, or allows its user to take it
-- up again, once that is done in fact. Its purchase is locked by now.
--
-- What is allowed again stays canceled until its user takes it up in Telegram, so of that there is
-- no event. Tells the event that was written, if one was, and the purchase's row after it.
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
    IF NOT is_canceled THEN
        UPDATE subscriptions SET allowed_at = at
        WHERE purchase_id = its.purchase_id AND stopped_at IS NOT NULL AND allowed_at IS NULL;
        RETURN;
    END IF;
    IF is_blocked(known) THEN
        RETURN;
    END IF;
    UPDATE subscriptions SET stopped_at = at, stopped_by = asked_by, allowed_at = NULL
    WHERE purchase_id = its.purchase_id;
    event_type := 'subscription_canceled';
    purchase := row_to_json(write_subscription_event(
        its, event_type, at, known.ends_at, asked_by, NULL, asked_request_id));
END;
$$;
