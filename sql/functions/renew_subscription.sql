-- One more period is paid: the subscription ends later, and what was told of a failed payment or of
-- its end does not hold any more. A period that was paid before, and of which we hear only now,
-- ends nothing later.
--
-- begins_anew: its user has paid the link again. The update that tells of any other payment shows
-- by its number whether a cancellation came later.
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
    at timestamptz;
BEGIN
    SELECT * INTO known FROM subscriptions WHERE purchase_id = its.purchase_id;
    -- Who pays after a cancellation has taken that back.
    IF until > known.ends_at
        AND (known.canceled_at IS NOT NULL OR known.stopped_at IS NOT NULL)
        AND (begins_anew OR asked_update_id > known.told_update_id AND NOT is_blocked(known)) THEN
        changed_purchase := mark_subscription(
            its, 'subscription_resumed', 'payment', asked_request_id);
    END IF;
    at := next_moment(changed_purchase);
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
