-- Funnel: what became of the invoices of a window of time, told from the events.
--
-- Hours that have passed are counted ahead (funnel_hours, funnel_counts), so that a long window
-- costs little. Rule kept here: the numbers are those that counting every event would give. The
-- counts of an hour are taken only while none of its purchases has changed since. Every event gets
-- a place in the feed after its commit; so what lies behind funnel_progress there, or waits for its
-- place, is what has changed. Every other hour is counted from the events by whoever asks.

-- name: make_room()^
-- Until the end of the transaction: a million times are sorted in memory, not on the disk, and no
-- time is lost on compiling a statement that takes less than that.
SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true);

-- name: measure_funnel(first, since, until, by, mode, edges)
-- Counts the window [since, until) and the one before, [first, since), which is as long. A row for
-- the total and for each group, the group of those without a source or channel under the key ''.
-- The total has, for each of the edges (ms), how many purchases took less from the invoice.
WITH
-- The hours that the two windows touch, and whether the counts of each can be taken.
hour AS MATERIALIZED (
    SELECT hour, next_hour, is_counted
    FROM hours_of_funnel(:first, :since, :until, :by)
),
-- What lies in the others.
invoice AS MATERIALIZED (
    SELECT
        created_at < :since::timestamptz AS before,
        CASE :by::text
            WHEN 'purchase_type' THEN purchase_type
            WHEN 'source' THEN COALESCE(source, '')
            WHEN 'channel' THEN COALESCE(channel, '')
            WHEN 'day' THEN funnel_day(created_at, :since, :until)
        END COLLATE "C" AS key,
        ending,
        price_stars,
        ms,
        fulfilled_ms
    FROM hour
    CROSS JOIN LATERAL (
        SELECT created_at, purchase_type, source, channel, price_stars, ending, ms, fulfilled_ms
        FROM funnel_invoices(
            greatest(hour, :first::timestamptz), least(next_hour, :until::timestamptz))
        WHERE mode = :mode
        OFFSET 0
    ) AS invoice_of_the_hour
    WHERE NOT is_counted
),
-- What was counted ahead. It is looked up hour by hour, whatever PostgreSQL knows of the tables.
-- Joining an empty array unpacks the times here, once, and not each time they are looked at.
counted AS MATERIALIZED (
    SELECT hour, hour < :since::timestamptz AS before, dimension, key,
        created, completed, failed, fulfilled, stars_sold, times, fulfil_times
    FROM hour
    CROSS JOIN LATERAL (
        SELECT dimension, key, created, completed, failed, fulfilled, stars_sold,
            times || '{}'::bigint[] AS times, fulfil_times || '{}'::bigint[] AS fulfil_times
        FROM funnel_counts
        WHERE funnel_counts.hour = hour.hour AND mode = :mode AND dimension IN ('total', :by)
        OFFSET 0
    ) AS counts_of_the_hour
    WHERE is_counted
),
-- The counts of all hours, and the times from the invoice to the purchase as sorted arrays.
part AS MATERIALIZED (
    SELECT
        CASE grouping(key) WHEN 1 THEN 'total' ELSE 'group' END AS kind,
        before,
        COALESCE(key, '') AS key,
        count(*) AS created,
        count(*) FILTER (WHERE ending = 'completed') AS completed,
        count(*) FILTER (WHERE ending = 'failed') AS failed,
        count(fulfilled_ms) AS fulfilled,
        COALESCE(sum(price_stars) FILTER (WHERE ending = 'completed'), 0) AS stars_sold,
        array_agg(ms ORDER BY ms) FILTER (WHERE ms IS NOT NULL) AS times,
        array_agg(fulfilled_ms ORDER BY fulfilled_ms) FILTER (WHERE fulfilled_ms IS NOT NULL)
            AS fulfil_times
    FROM invoice
    GROUP BY GROUPING SETS ((before, key), (before))
    UNION ALL
    SELECT CASE dimension WHEN 'total' THEN 'total' ELSE 'group' END, before, key,
        created, completed, failed, fulfilled, stars_sold, times, fulfil_times
    FROM counted
    UNION ALL
    SELECT 'group', before, funnel_day(hour, :since, :until),
        created, completed, failed, fulfilled, stars_sold, times, fulfil_times
    FROM counted
    WHERE dimension = 'total' AND :by = 'day'
),
figures AS (
    SELECT
        kind,
        before,
        key,
        sum(created)::bigint AS created,
        sum(completed)::bigint AS completed,
        sum(failed)::bigint AS failed,
        sum(fulfilled)::bigint AS fulfilled,
        sum(stars_sold)::bigint AS stars_sold
    FROM part
    GROUP BY kind, before, key
),
-- The arrays are sorted by what they belong to before they are opened, which costs far less than
-- sorting all the times by that.
percentiles AS (
    SELECT kind, before, key,
        percentile_disc(ARRAY[0.5, 0.9, 0.95]) WITHIN GROUP (ORDER BY ms) AS percentiles
    FROM (
        SELECT kind, before, key, unnest(times) AS ms FROM part ORDER BY kind, before, key
    ) AS timed_purchase
    GROUP BY kind, before, key
),
fulfil_percentiles AS (
    SELECT kind, before, key,
        percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY ms) AS fulfil_percentiles
    FROM (
        SELECT kind, before, key, unnest(fulfil_times) AS ms FROM part ORDER BY kind, before, key
    ) AS fulfilled_purchase
    GROUP BY kind, before, key
),
-- How many purchases took less than each edge: in a sorted array that is looked up, not counted.
less_than AS (
    SELECT before, edge, sum(width_bucket(edge - 1, times)) AS purchases
    FROM part CROSS JOIN unnest(:edges::bigint[]) AS edge
    WHERE kind = 'total' AND times IS NOT NULL
    GROUP BY before, edge
),
steps AS (
    SELECT 'total' AS kind, before, '' AS key, array_agg(purchases ORDER BY edge) AS less_than
    FROM less_than
    GROUP BY before
)
SELECT kind, before, key, created, completed, failed, fulfilled, stars_sold, percentiles,
    fulfil_percentiles, less_than
FROM figures
LEFT JOIN percentiles USING (kind, before, key)
LEFT JOIN fulfil_percentiles USING (kind, before, key)
LEFT JOIN steps USING (kind, before, key);
