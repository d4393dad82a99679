-- sequence_feed: gives committed events that wait their places in the feed, a batch a call, and
-- returns how many it placed. It also keeps awaited_fulfilments, what was paid and is not handed
-- out yet.
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
    WITH
    -- As many as fit well into a request's time, however many wait.
    chosen_purchase AS (
        SELECT purchase_id FROM feed_queue LIMIT 10000
    ),
    -- Of a purchase all that waits: rows lie in no order, and no event may overtake an earlier one.
    waiting AS (
        DELETE FROM feed_queue
        WHERE purchase_id IN (SELECT purchase_id FROM chosen_purchase)
        RETURNING purchase_id, version
    ),
    placed_event AS (
        INSERT INTO feed (position, purchase_id, version)
        SELECT last_place.position + row_number() OVER (ORDER BY event_id), purchase_id, version
        FROM waiting
        JOIN events USING (purchase_id, version)
        CROSS JOIN (SELECT COALESCE(max(position), 0) AS position FROM feed) AS last_place
        RETURNING purchase_id, version
    ),
    -- Of each purchase the last that says whether it waits to be handed out.
    last_word AS (
        SELECT DISTINCT ON (purchase_id) purchase_id, event_type, events.created_at
        FROM placed_event
        JOIN events USING (purchase_id, version)
        WHERE event_type IN (
            'purchase_succeeded', 'purchase_failed', 'purchase_refunded', 'purchase_fulfilled')
        ORDER BY purchase_id, version DESC
    ),
    now_awaited AS (
        INSERT INTO awaited_fulfilments (purchase_id, mode, paid_at)
        SELECT purchase_id, mode, last_word.created_at
        FROM last_word JOIN purchases USING (purchase_id)
        WHERE event_type = 'purchase_succeeded' AND fulfilled_at IS NULL
        ON CONFLICT (purchase_id) DO UPDATE SET paid_at = excluded.paid_at
    ),
    no_longer_awaited AS (
        DELETE FROM awaited_fulfilments
        USING last_word
        WHERE awaited_fulfilments.purchase_id = last_word.purchase_id
            AND event_type <> 'purchase_succeeded'
    )
    SELECT count(*) INTO placed FROM placed_event;
    RETURN placed;
END;
$$;
