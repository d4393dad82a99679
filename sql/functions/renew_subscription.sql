-- One more period is paid: the subscription ends later, and what was told of a failed payment or of
-- its end does not hold any more. A period that was paid before, and of which we hear only now,
-- ends nothing later.
--
-- Who begins anew after a cancellation has taken that back by paying.
CREATE OR REPLACE FUNCTION renew_subscription(
    its purchases,
    until timestamptz,
    begins_anew boolean,
    charge_id text,
    asked_update_id bigint,
    asked_request_id text
) RETURNS purchases LANGUAGE plpgsql AS $$
DECLARE
    known subscriptions;
    changed_purchase purchases := its;
    at timestamptz := next_moment(its);
BEGIN
    SELECT * INTO known FROM subscriptions WHERE purchase_id = its.purchase_id;
    IF begins_anew AND until > known.ends_at
        AND (known.canceled_at IS NOT NULL OR known.stopped_at IS NOT NULL) THEN
        changed_purchase := write_subscription_event(
            its, 'subscription_resumed', at, known.ends_at, 'payment', NULL, asked_request_id);
        UPDATE subscriptions SET canceled_at = NULL, stopped_at = NULL, stopped_by = NULL
        WHERE purchase_id = its.purchase_id;
    END IF;
    UPDATE subscriptions SET
        ends_at = GREATEST(ends_at, until),
        renewals = renewals + 1,
        payment_failed_at = CASE WHEN until > known.ends_at THEN NULL ELSE payment_failed_at END,
        expired_at = CASE WHEN until > known.ends_at THEN NULL ELSE expired_at END,
        paid_update_id = GREATEST(paid_update_id, asked_update_id)
    WHERE purchase_id = its.purchase_id;
    RETURN write_subscription_event(
        changed_purchase, 'subscription_renewed', at, GREATEST(known.ends_at, until), NULL,
        charge_id, asked_request_id);
END;
$$;
