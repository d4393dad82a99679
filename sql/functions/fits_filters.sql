-- True if a purchase has all of what is asked for; a NULL asks for nothing. The one place that says
-- what each filter means, for lists and for sums.
--
-- PostgreSQL puts the body in the place of the call, so that indexes serve what is asked for.
CREATE OR REPLACE FUNCTION fits_filters(
    its purchases,
    of_type text,
    in_status text,
    of_user text,
    of_item text,
    in_mode text,
    from_source text,
    from_channel text,
    is_fulfilled boolean,
    since timestamptz,
    until timestamptz
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT (of_type IS NULL OR its.purchase_type = of_type)
        AND (in_status IS NULL OR its.status = in_status)
        AND (of_user IS NULL OR its.user_id = of_user)
        AND (of_item IS NULL OR its.item_id = of_item)
        AND (in_mode IS NULL OR its.mode = in_mode)
        AND (from_source IS NULL OR its.source = from_source)
        AND (from_channel IS NULL OR its.channel = from_channel)
        AND (is_fulfilled IS NULL OR (its.fulfilled_at IS NOT NULL) = is_fulfilled)
        AND its.created_at >= COALESCE(since, '-infinity')
        AND its.created_at < COALESCE(until, 'infinity')
$$;
