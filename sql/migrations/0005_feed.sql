-- The feed: every event once, in an order that never changes.
--
-- A number from a sequence is no order to read by: a smaller one may be committed later. So an
-- event first waits in feed_queue, written by its own transaction; what is committed then gets a
-- place in the feed, one caller at a time. Places are data: they survive a dump and a restore.
-- The events of before are placed by the next migration, so that the lock that a new trigger
-- needs is held for a moment only.

-- Rows come and go at once: nearly always there are none. Vacuum looks by number, not by share.
CREATE TABLE feed_queue (
    purchase_id  identifier  NOT NULL,
    version      integer     NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Events are never deleted, so a reference to them needs no check.
CREATE TABLE feed (
    position     bigint      PRIMARY KEY,
    purchase_id  identifier  NOT NULL,
    version      integer     NOT NULL,
    CONSTRAINT every_event_has_one_place UNIQUE (purchase_id, version)
);

-- As sql/functions/ has it today: no event may be written between the trigger and its function.
CREATE FUNCTION queue_for_the_feed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO feed_queue (purchase_id, version) VALUES (new.purchase_id, new.version);
    RETURN NULL;
END;
$$;

CREATE TRIGGER events_are_queued_for_the_feed AFTER INSERT ON events
    FOR EACH ROW EXECUTE FUNCTION queue_for_the_feed();

-- As sql/functions/ has it today.
CREATE FUNCTION sequence_feed() RETURNS bigint
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
