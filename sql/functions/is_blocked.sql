-- True if a subscription was ended through the bot, and its user may not take it up again.
CREATE OR REPLACE FUNCTION is_blocked(its subscriptions) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$
    SELECT its.stopped_at IS NOT NULL AND its.allowed_at IS NULL
$$;
