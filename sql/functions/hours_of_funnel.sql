-- The hours that the funnel's two windows touch, [first, since) and [since, until), and whether the
-- counts of each can be taken as they were counted ahead.
--
-- They can if nothing has changed since, and if the hour lies in one window, and in one day if
-- days are told apart.
CREATE OR REPLACE FUNCTION hours_of_funnel(
    first timestamptz,
    since timestamptz,
    until timestamptz,
    by_dimension text
) RETURNS TABLE (hour timestamptz, next_hour timestamptz, is_counted boolean)
LANGUAGE sql STABLE AS $$
    WITH
    -- The hours in which something has changed since they were counted.
    changed_hour AS MATERIALIZED (
        SELECT DISTINCT date_trunc('hour', created_at, 'UTC') AS hour
        FROM (
            SELECT purchase_id FROM feed WHERE position > (SELECT position FROM funnel_progress)
            UNION ALL
            SELECT purchase_id FROM feed_queue WHERE EXISTS (SELECT FROM funnel_progress)
        ) AS change
        CROSS JOIN LATERAL (
            SELECT created_at
            FROM purchases
            WHERE purchases.purchase_id = change.purchase_id
            OFFSET 0
        ) AS changed_purchase
    ),
    -- The hours that the two windows touch, the first and the last perhaps in part only.
    touched_hour AS (
        SELECT hour, hour + interval '1 hour' AS next_hour
        FROM generate_series(
            date_trunc('hour', first, 'UTC'),
            until - interval '1 microsecond',
            interval '1 hour') AS hour
    )
    SELECT
        hour,
        next_hour,
        funnel_hours.hour IS NOT NULL
            AND changed_hour.hour IS NULL
            AND hour >= first
            AND next_hour <= until
            AND (hour >= since OR next_hour <= since)
            AND (by_dimension IS DISTINCT FROM 'day'
                OR funnel_day(hour, since, until)
                    = funnel_day(next_hour - interval '1 microsecond', since, until))
            AS is_counted
    FROM touched_hour
    LEFT JOIN funnel_hours USING (hour)
    LEFT JOIN changed_hour USING (hour);
$$;
