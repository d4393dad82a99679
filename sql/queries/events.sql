-- Events: the history of a purchase, and the places of all events in the feed.
--
-- Rule kept here: an event is written by the statement that makes the change it tells of, and by
-- nothing else.

-- name: list_events(purchase_id, user_id, mode)
-- Oldest first. A purchase that exists has at least one event, so no rows means no such purchase
-- for this caller. A NULL asks for anybody's, or any.
SELECT json_build_object(
    'event_id', event_id,
    'purchase_id', events.purchase_id,
    'version', events.version,
    'event_type', event_type,
    'payload', payload,
    'user_id', events.user_id,
    'request_id', request_id,
    'created_at', events.created_at)
FROM events JOIN purchases USING (purchase_id)
WHERE events.purchase_id = :purchase_id
    AND (:user_id::text IS NULL OR purchases.user_id = :user_id)
    AND (:mode::text IS NULL OR mode = :mode)
ORDER BY events.version;

-- name: sequence_feed()$
-- Gives places to what waits for one; usually nothing does, and then no lock is taken.
SELECT sequence_feed() WHERE EXISTS (SELECT FROM feed_queue);
