-- Begins the subscription of a purchase that has just succeeded, and writes the event of it.
--
-- A mock purchase may fail after it had succeeded, and succeed again: then it begins anew.
CREATE OR REPLACE FUNCTION start_subscription(
    its purchases,
    until timestamptz,
    charge_id text,
    asked_update_id bigint,
    asked_request_id text
) RETURNS purchases LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz := next_moment(its);
BEGIN
    INSERT INTO subscriptions AS known (
        purchase_id, user_id, item_id, mode, started_at, ends_at, paid_update_id)
    VALUES (its.purchase_id, its.user_id, its.item_id, its.mode, at, until, asked_update_id)
    ON CONFLICT (purchase_id) DO UPDATE SET
        started_at = excluded.started_at,
        ends_at = excluded.ends_at,
        canceled_at = NULL,
        stopped_at = NULL,
        stopped_by = NULL,
        allowed_at = NULL,
        payment_failed_at = NULL,
        expired_at = NULL;
    RETURN write_subscription_event(
        its, 'subscription_started', at, until, NULL, charge_id, asked_request_id);
END;
$$;
