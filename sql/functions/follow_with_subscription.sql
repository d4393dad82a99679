-- What the step that a purchase has just taken means for its subscription, if it has one: it begins
-- with the success, and ends when a purchase of the mock fails afterwards.
--
-- Returns the purchase as it is then.
CREATE OR REPLACE FUNCTION follow_with_subscription(
    its purchases,
    previous_status text,
    asked_request_id text
) RETURNS purchases LANGUAGE plpgsql AS $$
BEGIN
    IF its.subscription_period IS NULL THEN
        RETURN its;
    END IF;
    IF its.status = 'succeeded' THEN
        RETURN start_subscription(
            its, its.succeeded_at + make_interval(secs => its.subscription_period),
            NULL, NULL, asked_request_id);
    END IF;
    IF its.status = 'failed' AND previous_status = 'succeeded' THEN
        RETURN COALESCE(expire_subscription(its.purchase_id, true, asked_request_id), its);
    END IF;
    RETURN its;
END;
$$;
