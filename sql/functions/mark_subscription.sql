-- Marks a subscription as Telegram tells of it: 'subscription_canceled' and 'subscription_resumed'
-- by its user, 'subscription_payment_failed'; and writes that event. Its purchase is locked by now.
CREATE OR REPLACE FUNCTION mark_subscription(
    its purchases,
    event_type text,
    caused_by text,
    asked_request_id text
) RETURNS purchases LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz := next_moment(its);
    until timestamptz;
BEGIN
    CASE event_type
        WHEN 'subscription_canceled' THEN
            UPDATE subscriptions SET canceled_at = at WHERE purchase_id = its.purchase_id;
        WHEN 'subscription_payment_failed' THEN
            UPDATE subscriptions SET payment_failed_at = at WHERE purchase_id = its.purchase_id;
        WHEN 'subscription_resumed' THEN
            UPDATE subscriptions SET
                canceled_at = NULL,
                stopped_at = NULL,
                stopped_by = NULL,
                allowed_at = NULL,
                payment_failed_at = NULL
            WHERE purchase_id = its.purchase_id;
    END CASE;
    SELECT ends_at INTO until FROM subscriptions WHERE purchase_id = its.purchase_id;
    RETURN write_subscription_event(
        its, event_type, at, until, caused_by, NULL, asked_request_id);
END;
$$;
