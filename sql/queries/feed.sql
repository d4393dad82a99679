-- The feed: every event once, in an order that never changes. It is read from a place onwards.
-- sequence_feed (events.sql) gives the places.

-- name: read_feed(after, mode, event_types, max_events, max_places)^
-- The events behind a place, of one mode, and of these types (NULL: of all). Looks at max_places
-- places at the most, so that a rare type costs no more than others. Tells the last place it
-- looked at, and whether it looked at the last there is.
WITH looked_at AS (
    SELECT position, purchase_id, version
    FROM feed
    WHERE position > :after
    ORDER BY position
    LIMIT :max_places
),
entry AS (
    SELECT
        position,
        json_build_object(
            'event_id', event_id,
            'purchase_id', purchase_id,
            'version', looked_at.version,
            'event_type', event_type,
            'payload', payload,
            'user_id', events.user_id,
            'request_id', request_id,
            'created_at', events.created_at,
            'mode', mode) AS document
    FROM looked_at
    JOIN events USING (purchase_id, version)
    JOIN purchases USING (purchase_id)
    WHERE mode = :mode
        AND (:event_types::text[] IS NULL OR event_type = ANY (:event_types::text[]))
    ORDER BY position
    LIMIT :max_events
),
page AS (
    SELECT
        COALESCE(json_agg(document ORDER BY position), '[]') AS documents,
        count(*) AS size,
        max(position) AS last_position
    FROM entry
),
scan AS (
    SELECT count(*) AS size, COALESCE(max(position), :after) AS last_position FROM looked_at
)
SELECT
    page.documents,
    CASE WHEN page.size = :max_events THEN page.last_position ELSE scan.last_position END,
    page.size < :max_events AND scan.size < :max_places
FROM page CROSS JOIN scan;
