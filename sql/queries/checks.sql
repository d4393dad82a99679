-- Checks: what must always be true of purchases and events.
-- A row that comes back is a promise broken (G19).

-- name: find_contradictions()
-- Replays every history and holds it against the row it should have led to.
WITH history AS (
    SELECT purchase_id, version, event_type, user_id, created_at, payload,
        CASE event_type
            WHEN 'purchase_succeeded' THEN 'succeeded'
            WHEN 'purchase_failed' THEN 'failed'
            ELSE 'pending'
        END AS status,
        lag(created_at) OVER stream AS previous_at,
        row_number() OVER stream AS expected_version,
        lag(CASE event_type
            WHEN 'purchase_succeeded' THEN 'succeeded'
            WHEN 'purchase_failed' THEN 'failed'
            ELSE 'pending'
        END) OVER stream AS previous_status
    FROM events
    WINDOW stream AS (PARTITION BY purchase_id ORDER BY version)
),
ended AS (
    SELECT purchase_id, max(version) AS version, (array_agg(status ORDER BY version DESC))[1] AS status,
        min(created_at) AS created_at,
        max(created_at) FILTER (WHERE status = 'pending') AS invoiced_at,
        max(created_at) FILTER (WHERE status = 'succeeded') AS succeeded_at,
        max(created_at) FILTER (WHERE status = 'failed') AS failed_at
    FROM history GROUP BY purchase_id
)
SELECT purchase_id, version, 'versions do not run 1, 2, 3 without gaps' AS problem
FROM history WHERE version <> expected_version
UNION ALL
SELECT purchase_id, version, 'created_at runs backwards' FROM history WHERE created_at < previous_at
UNION ALL
SELECT purchase_id, version, 'a step the lifecycle does not have'
FROM history
WHERE (event_type, COALESCE(previous_status, 'none')) NOT IN (VALUES
    ('purchase_invoice_created', 'none'),
    ('purchase_invoice_reopened', 'failed'),
    ('purchase_succeeded', 'none'), ('purchase_succeeded', 'pending'), ('purchase_succeeded', 'failed'),
    ('purchase_failed', 'pending'), ('purchase_failed', 'succeeded'))
UNION ALL
SELECT purchase_id, version, 'previous_status is not what the history says'
FROM history
WHERE event_type <> 'purchase_invoice_created' AND payload ->> 'previous_status' IS DISTINCT FROM previous_status
UNION ALL
SELECT purchase_id, history.version, 'the event tells of another purchase than the row'
FROM history JOIN purchases USING (purchase_id)
WHERE (history.user_id, payload ->> 'purchase_id', payload ->> 'item_id', payload ->> 'price_stars', payload ->> 'purchase_type')
    IS DISTINCT FROM (purchases.user_id, purchase_id, item_id, price_stars::text, purchase_type)
UNION ALL
SELECT purchase_id, purchases.version, 'the row is not where its history ends'
FROM purchases LEFT JOIN ended USING (purchase_id)
WHERE (ended.version, ended.status, ended.created_at, ended.invoiced_at, ended.succeeded_at, ended.failed_at)
    IS DISTINCT FROM (purchases.version, purchases.status, purchases.created_at,
        purchases.invoiced_at, purchases.succeeded_at, purchases.failed_at)
ORDER BY purchase_id, version, problem;

-- name: server_version()$
-- What the console says of the database.
SELECT current_setting('server_version');
