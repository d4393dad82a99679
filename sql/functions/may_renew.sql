-- True if a subscription may be paid for again: its period is nearly over, or was before. Whether
-- Telegram asks before a renewal is not documented; whoever comes back after the end pays the
-- same link.
CREATE OR REPLACE FUNCTION may_renew(its purchases) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT its.status = 'succeeded' AND EXISTS (
        SELECT FROM subscriptions
        WHERE purchase_id = its.purchase_id
            AND ends_at < clock_timestamp()
                + make_interval(secs => its.subscription_period * 0.1))
$$;
