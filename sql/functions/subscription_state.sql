-- What a subscription is at this moment: 'active', 'canceled' (it lasts to its end and is not
-- renewed), 'payment_failed' (the same, unless Telegram gets its Stars after all), 'expired'.
--
-- Rule kept here: it ends when what is paid is over, whether or not anything has told us (S2).
CREATE OR REPLACE FUNCTION subscription_state(its subscriptions) RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN its.ends_at <= clock_timestamp() THEN 'expired'
        WHEN its.canceled_at IS NOT NULL OR its.stopped_at IS NOT NULL THEN 'canceled'
        WHEN its.payment_failed_at IS NOT NULL THEN 'payment_failed'
        ELSE 'active'
    END
$$;
