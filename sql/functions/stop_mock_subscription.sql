-- Does at once to a subscription of the mock what is asked of Telegram for a real one.
--
-- What comes back:
--   verdict     of stop_verdict; NULL if this user has no such subscription
--   event_type  the event that was written, if one was
--   purchase    its row as it is then
CREATE OR REPLACE FUNCTION stop_mock_subscription(
    asked_purchase_id text,
    asked_user_id text,
    is_canceled boolean,
    asked_by text,
    asked_request_id text,
    OUT verdict text,
    OUT event_type text,
    OUT purchase json
) LANGUAGE plpgsql AS $$
DECLARE
    locked_purchase purchases;
BEGIN
    SELECT * INTO locked_purchase
    FROM purchases
    WHERE purchase_id = asked_purchase_id AND mode = 'mock'
        AND (asked_user_id IS NULL OR user_id = asked_user_id)
    FOR UPDATE;
    SELECT stop_verdict(its, is_canceled, asked_by) INTO verdict
    FROM subscriptions AS its WHERE purchase_id = locked_purchase.purchase_id;
    IF verdict = 'allowed' THEN
        SELECT done.event_type, done.purchase INTO event_type, purchase
        FROM stop_subscription(locked_purchase, is_canceled, asked_by, asked_request_id) AS done;
    END IF;
END;
$$;
