-- Funnel hours: what the invoices of past hours came to, counted ahead for measure_funnel.
--
-- Rule kept here: what is counted holds at least all that the events up to funnel_progress tell.
-- Whoever counts or forgets holds the lock of begin_counting, so no hour is counted from an older
-- look at the events than the one by which it would be forgotten.

-- name: begin_counting()$
-- One at a time, until the end of the transaction.
SELECT true FROM pg_advisory_xact_lock(hashtext('funnel_hours'));

-- name: forget_changed_hours()$
-- Forgets the hours in which a purchase has changed since, and remembers how far the feed was seen.
-- Returns how many hours were forgotten.
WITH
progress AS (
    INSERT INTO funnel_progress (position)
    SELECT COALESCE(max(position), 0) FROM feed
    ON CONFLICT (only_row) DO UPDATE SET position = excluded.position
    RETURNING position
),
changed_hour AS (
    SELECT DISTINCT date_trunc('hour', created_at, 'UTC') AS hour
    FROM feed
    CROSS JOIN LATERAL (
        SELECT created_at FROM purchases WHERE purchases.purchase_id = feed.purchase_id OFFSET 0
    ) AS changed_purchase
    WHERE position > (SELECT position FROM funnel_progress)
),
forgotten_hour AS (
    DELETE FROM funnel_hours USING changed_hour WHERE funnel_hours.hour = changed_hour.hour
    RETURNING funnel_hours.hour
)
SELECT count(*) FROM forgotten_hour, progress;

-- name: list_uncounted_hours(max_hours)
-- The hours that have passed and are not counted, newest first: those are asked for most.
SELECT hour
FROM generate_series(
    date_trunc('hour', (SELECT min(created_at) FROM purchases), 'UTC'),
    date_trunc('hour', clock_timestamp(), 'UTC') - interval '1 hour',
    interval '1 hour') AS hour
LEFT JOIN funnel_hours USING (hour)
WHERE funnel_hours.hour IS NULL
ORDER BY hour DESC
LIMIT :max_hours;

-- name: count_hours(hours)!
-- Counts these hours: all invoices of each, and those that share a type, source or channel.
WITH
counted_hour AS (
    INSERT INTO funnel_hours (hour) SELECT unnest(:hours::timestamptz[])
)
INSERT INTO funnel_counts (
    hour, mode, dimension, key, created, completed, failed, fulfilled, stars_sold, times,
    fulfil_times)
SELECT
    hour,
    mode,
    dimension,
    key,
    count(*),
    count(*) FILTER (WHERE ending = 'completed'),
    count(*) FILTER (WHERE ending = 'failed'),
    count(fulfilled_ms),
    COALESCE(sum(price_stars) FILTER (WHERE ending = 'completed'), 0),
    array_agg(ms ORDER BY ms) FILTER (WHERE ms IS NOT NULL),
    array_agg(fulfilled_ms ORDER BY fulfilled_ms) FILTER (WHERE fulfilled_ms IS NOT NULL)
FROM unnest(:hours::timestamptz[]) AS hour
CROSS JOIN LATERAL (
    SELECT mode, purchase_type, source, channel, price_stars, ending, ms, fulfilled_ms
    FROM funnel_invoices(hour, hour + interval '1 hour')
    OFFSET 0
) AS invoice
CROSS JOIN LATERAL (VALUES
    ('total', ''),
    ('purchase_type', purchase_type),
    ('source', COALESCE(source, '')),
    ('channel', COALESCE(channel, ''))
) AS told_apart (dimension, key)
GROUP BY hour, mode, dimension, key;
