-- The day (UTC) under which the funnel of [since, until) tells of a moment. The days of the window
-- before stand for those one window later.
CREATE OR REPLACE FUNCTION funnel_day(moment timestamptz, since timestamptz, until timestamptz)
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(
        moment AT TIME ZONE 'UTC'
            + CASE WHEN moment < since THEN until - since ELSE interval '0' END,
        'YYYY-MM-DD')
$$;
