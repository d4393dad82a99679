-- Marks a subscription as Telegram tells of it: 'subscription_canceled' and 'subscription_resumed'
-- by its user, 'subscription_payment_failed'; and writes that event. Its purchase is locked by now.
CREATE OR REPLACE FUNCTION mark_subscription(
    its purchases,
    event_type text,
    asked_request_id text
) RETURNS purchases LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz := next_moment(its);
    until timestamptz;
BEGIN
    UPDATE subscriptions SET
        canceled_at = CASE event_type
            WHEN 'subscription_canceled' THEN at
            WHEN 'subscription_payment_failed' THEN canceled_at
        END,
        payment_failed_at = CASE event_type
            WHEN 'subscription_payment_failed' THEN at
            WHEN 'subscription_canceled' THEN payment_failed_at
        END
    WHERE purchase_id = its.purchase_id
    RETURNING ends_at INTO until;
    RETURN write_subscription_event(
        its, event_type, at, until, 'telegram', NULL, asked_request_id);
END;
$$;
