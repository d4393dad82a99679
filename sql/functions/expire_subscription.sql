-- Writes down that a subscription is over, which it is from ends_at on, whether or not this is
-- written. With ends_now it is made to end now: the mock's way to let the time pass.
--
-- Returns the purchase; NULL if there was nothing to write.
CREATE OR REPLACE FUNCTION expire_subscription(
    asked_purchase_id text,
    ends_now boolean,
    asked_request_id text
) RETURNS purchases LANGUAGE plpgsql AS $$
DECLARE
    locked_purchase purchases;
    known subscriptions;
    at timestamptz;
    until timestamptz;
BEGIN
    SELECT * INTO locked_purchase
    FROM purchases WHERE purchase_id = asked_purchase_id FOR UPDATE;
    SELECT * INTO known FROM subscriptions WHERE purchase_id = asked_purchase_id;
    at := next_moment(locked_purchase);
    until := CASE WHEN ends_now THEN LEAST(known.ends_at, at) ELSE known.ends_at END;
    IF known.purchase_id IS NULL OR known.expired_at IS NOT NULL OR until > at THEN
        RETURN NULL;
    END IF;
    UPDATE subscriptions SET ends_at = until, expired_at = at
    WHERE purchase_id = asked_purchase_id;
    RETURN write_subscription_event(
        locked_purchase, 'subscription_expired', at, until, NULL, NULL, asked_request_id);
END;
$$;
