-- What became of a delivery, in one word: 'delivered', 'given_up', 'sending', 'retrying' (it failed
-- and is due again) or 'waiting' (it was not tried yet).
CREATE OR REPLACE FUNCTION delivery_state(its deliveries) RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN its.delivered_at IS NOT NULL THEN 'delivered'
        WHEN its.given_up_at IS NOT NULL THEN 'given_up'
        WHEN its.lease_until > clock_timestamp() THEN 'sending'
        WHEN its.attempts > 0 THEN 'retrying'
        ELSE 'waiting'
    END
$$;
