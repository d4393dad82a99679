-- The events of before the feed get their places, in the order of their ids.
--
-- What was written since its trigger was there waits in feed_queue, and is placed by whoever
-- reads. Nothing that a purchase needs is locked here.

INSERT INTO feed (position, purchase_id, version)
SELECT row_number() OVER (ORDER BY event_id), purchase_id, version
FROM events
WHERE NOT EXISTS (
    SELECT FROM feed_queue
    WHERE feed_queue.purchase_id = events.purchase_id AND feed_queue.version = events.version);
