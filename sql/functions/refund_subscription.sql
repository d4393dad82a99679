-- What a charge paid of a subscription has gone back: it ends where the other charges say, at once
-- if there is none. Called by take_charge_back.
CREATE OR REPLACE FUNCTION refund_subscription(
    its purchases,
    charge charges,
    asked_request_id text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz := next_moment(its);
    until timestamptz;
BEGIN
    SELECT LEAST(known.ends_at, COALESCE(max(paid.paid_until), at)) INTO until
    FROM subscriptions AS known
    LEFT JOIN charges AS paid
        ON paid.purchase_id = known.purchase_id
        AND paid.verdict IN ('settled', 'renewed')
        AND paid.refunded_at IS NULL
    WHERE known.purchase_id = its.purchase_id
    GROUP BY known.ends_at;
    UPDATE subscriptions SET ends_at = until WHERE purchase_id = its.purchase_id;
    PERFORM write_subscription_event(
        its, 'subscription_refunded', at, until, NULL,
        charge.telegram_payment_charge_id, asked_request_id);
END;
$$;
