-- sequence_feed: gives every committed event that waits its place in the feed, and returns how
-- many it placed.
--
-- Rule kept here: a place, once given, never changes, and no event is left out. One caller at a
-- time gives places; the lock is taken before the statement below looks, so that it sees what the
-- caller before has done. An event whose transaction commits later gets a later place.

CREATE OR REPLACE FUNCTION sequence_feed() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    placed bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('sequence_feed'));
    WITH waiting AS (
        DELETE FROM feed_queue RETURNING purchase_id, version
    ),
    placed_event AS (
        INSERT INTO feed (position, purchase_id, version)
        SELECT last_place.position + row_number() OVER (ORDER BY event_id), purchase_id, version
        FROM waiting
        JOIN events USING (purchase_id, version)
        CROSS JOIN (SELECT COALESCE(max(position), 0) AS position FROM feed) AS last_place
        RETURNING position
    )
    SELECT count(*) INTO placed FROM placed_event;
    RETURN placed;
END;
$$;
