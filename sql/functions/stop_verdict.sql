-- Whether somebody may end the renewals of a subscription, or allow them again: 'allowed', or
-- 'stopped_by_shop', since what the shop has ended its user does not begin again.
CREATE OR REPLACE FUNCTION stop_verdict(
    its subscriptions,
    is_canceled boolean,
    asked_by text
) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN NOT is_canceled AND asked_by = 'user' AND its.stopped_by = 'shop' AND is_blocked(its)
            THEN 'stopped_by_shop'
        ELSE 'allowed'
    END
$$;
