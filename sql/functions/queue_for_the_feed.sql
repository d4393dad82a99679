-- queue_for_the_feed: a trigger's function. Every event, whoever writes it, waits for its place
-- in the feed, and does so in the transaction that writes it.

CREATE OR REPLACE FUNCTION queue_for_the_feed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO feed_queue (purchase_id, version) VALUES (new.purchase_id, new.version);
    RETURN NULL;
END;
$$;
