-- Deliveries: made from the feed, claimed for a while, and ended by what the other side answered.
-- Rule kept here: what happened to one purchase is told to one endpoint in the order in which it
-- happened; the next is told once the one before was delivered or given up.

-- name: make_deliveries(max_places)$
-- Makes the deliveries of what was placed in the feed since, for each endpoint that nobody else is
-- doing this for, and returns how many. A fault that was asked for is built in here.
WITH endpoint AS (
    SELECT endpoint_id, mode, message_types, fault, told_up_to
    FROM endpoints
    WHERE disabled_at IS NULL AND told_up_to < (SELECT COALESCE(max(position), 0) FROM feed)
    FOR UPDATE SKIP LOCKED
),
news AS (
    SELECT
        endpoint_id, fault, position, place.purchase_id, place.version,
        purchases.mode = endpoint.mode AS fits,
        message_types, event_id, regexp_replace(event_type, '_', '.') AS message_type
    FROM endpoint
    CROSS JOIN LATERAL (
        SELECT position, purchase_id, version
        FROM feed
        WHERE position > told_up_to
        ORDER BY position
        LIMIT :max_places
    ) AS place
    JOIN events ON events.purchase_id = place.purchase_id AND events.version = place.version
    JOIN purchases ON purchases.purchase_id = place.purchase_id
),
told_endpoint AS (
    UPDATE endpoints
    SET told_up_to = last_place
    FROM (SELECT endpoint_id, max(position) AS last_place FROM news GROUP BY endpoint_id) AS seen
    WHERE endpoints.endpoint_id = seen.endpoint_id
),
wanted AS (
    SELECT endpoint_id, fault, position, purchase_id, version, event_id, message_type, copy
    FROM news
    CROSS JOIN LATERAL generate_series(1, CASE fault WHEN 'duplicate' THEN 2 ELSE 1 END) AS copy
    WHERE fits AND (message_types IS NULL OR message_type = ANY (message_types))
),
made AS (
    INSERT INTO deliveries (
        endpoint_id, message_id, message_type, purchase_id, version, in_order, lose_first, due_at)
    SELECT
        endpoint_id,
        'evt_' || event_id,
        message_type,
        purchase_id,
        version,
        fault IS DISTINCT FROM 'reordered',
        COALESCE(fault = 'lost', false),
        GREATEST(
            clock_timestamp() + CASE
                WHEN fault = 'late' THEN interval '10 seconds'
                WHEN fault = 'reordered' AND mod(version, 2) = 1 THEN interval '3 seconds'
                ELSE interval '0 seconds'
            END,
            -- Not before the earlier ones of its purchase, which it has to wait for.
            (
                SELECT max(due_at)
                FROM deliveries AS earlier
                WHERE earlier.endpoint_id = wanted.endpoint_id
                    AND earlier.purchase_id = wanted.purchase_id
                    AND fault IS DISTINCT FROM 'reordered'
                    AND delivered_at IS NULL AND given_up_at IS NULL
            ))
    FROM wanted
    ORDER BY position, endpoint_id, copy
    RETURNING delivery_id
)
SELECT count(*) FROM made;

-- name: make_test_delivery(endpoint_id, mode, message_id)$
INSERT INTO deliveries (endpoint_id, message_id, message_type)
SELECT endpoint_id, :message_id, 'test'
FROM endpoints
WHERE endpoint_id = :endpoint_id AND mode = :mode
RETURNING delivery_id;

-- name: claim_deliveries(mode, max_claims, max_of_one, lease)
-- Those that are due, the longest due first; of one endpoint no more at a time than max_of_one, or
-- one while it is failing. Nobody else takes them until the lease is over. now() is the moment of
-- this statement, and unlike clock_timestamp() an index can be searched for it.
WITH free AS (
    SELECT
        endpoint_id, url, secret, previous_secret, previous_secret_until,
        CASE WHEN failing_since IS NULL THEN :max_of_one ELSE 1 END - under_way.number AS number
    FROM endpoints
    CROSS JOIN LATERAL (
        SELECT count(*) AS number
        FROM deliveries
        WHERE deliveries.endpoint_id = endpoints.endpoint_id
            AND delivered_at IS NULL AND given_up_at IS NULL AND lease_until > now()
    ) AS under_way
    WHERE mode = :mode AND disabled_at IS NULL
),
due AS (
    SELECT delivery_id, url, secret, previous_secret, previous_secret_until
    FROM free
    CROSS JOIN LATERAL (
        SELECT delivery_id, due_at
        FROM deliveries AS waiting
        WHERE waiting.endpoint_id = free.endpoint_id
            AND delivered_at IS NULL AND given_up_at IS NULL
            AND due_at <= now()
            AND COALESCE(lease_until, '-infinity') <= now()
            AND NOT (in_order AND EXISTS (
                SELECT FROM deliveries AS earlier
                WHERE earlier.endpoint_id = waiting.endpoint_id
                    AND earlier.purchase_id = waiting.purchase_id
                    AND earlier.delivery_id < waiting.delivery_id
                    AND earlier.delivered_at IS NULL AND earlier.given_up_at IS NULL))
        ORDER BY due_at, delivery_id
        LIMIT GREATEST(number, 0)
        FOR UPDATE SKIP LOCKED
    ) AS waiting
    ORDER BY due_at
    LIMIT :max_claims
),
claimed AS (
    UPDATE deliveries SET
        attempts = attempts + 1,
        last_attempt_at = clock_timestamp(),
        lease_until = clock_timestamp() + :lease::interval
    FROM due
    WHERE deliveries.delivery_id = due.delivery_id
    RETURNING
        deliveries.delivery_id, endpoint_id, message_id, message_type, purchase_id, version,
        attempts, lose_first, url, secret, previous_secret, previous_secret_until
)
SELECT
    delivery_id, endpoint_id, message_id, message_type, attempts, lose_first, url, secret,
    CASE WHEN previous_secret_until > clock_timestamp() THEN previous_secret END,
    CASE WHEN event_id IS NOT NULL THEN json_build_object(
        'event_id', event_id,
        'purchase_id', claimed.purchase_id,
        'version', claimed.version,
        'event_type', event_type,
        'payload', payload,
        'user_id', events.user_id,
        'request_id', request_id,
        'created_at', events.created_at,
        'mode', mode)
    END
FROM claimed
LEFT JOIN events
    ON events.purchase_id = claimed.purchase_id AND events.version = claimed.version
LEFT JOIN purchases ON purchases.purchase_id = claimed.purchase_id;

-- name: note_delivered(delivery_id, status, answer)!
WITH done AS (
    UPDATE deliveries SET
        delivered_at = clock_timestamp(),
        lease_until = NULL,
        last_status = :status,
        last_error = NULL,
        last_answer = :answer
    WHERE delivery_id = :delivery_id AND delivered_at IS NULL
    RETURNING endpoint_id
)
UPDATE endpoints SET failing_since = NULL
FROM done
WHERE endpoints.endpoint_id = done.endpoint_id AND failing_since IS NOT NULL;

-- name: note_failed(delivery_id, status, error, answer, pause)!
-- Due again after a pause; with a NULL given up. What has to wait for it is due no sooner: workers
-- look for what is due, and would look through all that waits for an endpoint that is gone.
WITH failed AS (
    UPDATE deliveries SET
        lease_until = NULL,
        last_status = :status,
        last_error = :error,
        last_answer = :answer,
        due_at = clock_timestamp() + COALESCE(:pause::interval, interval '0 seconds'),
        given_up_at = CASE WHEN :pause::interval IS NULL THEN clock_timestamp() END
    WHERE delivery_id = :delivery_id AND delivered_at IS NULL
    RETURNING endpoint_id, purchase_id, due_at
),
waiting AS (
    UPDATE deliveries SET due_at = failed.due_at
    FROM failed
    WHERE deliveries.endpoint_id = failed.endpoint_id
        AND deliveries.purchase_id = failed.purchase_id
        AND deliveries.delivery_id > :delivery_id
        AND delivered_at IS NULL AND given_up_at IS NULL AND in_order
)
UPDATE endpoints SET failing_since = clock_timestamp()
FROM failed
WHERE endpoints.endpoint_id = failed.endpoint_id AND failing_since IS NULL;

-- name: list_deliveries(mode, endpoint_id, state, before, max_rows)
-- The log, newest first; a NULL asks for nothing.
SELECT row_to_json(shown) AS delivery
FROM (
    SELECT
        delivery_id, endpoint_id, url, message_id, message_type, purchase_id, version,
        delivery_state(deliveries) AS state,
        attempts, deliveries.created_at, due_at, last_attempt_at, last_status, last_error,
        last_answer, delivered_at
    FROM deliveries JOIN endpoints USING (endpoint_id)
    WHERE mode = :mode
        AND (:endpoint_id::bigint IS NULL OR endpoint_id = :endpoint_id)
        AND (:state::text IS NULL OR delivery_state(deliveries) = :state)
        AND (:before::bigint IS NULL OR delivery_id < :before)
    ORDER BY delivery_id DESC
    LIMIT :max_rows
) AS shown;

-- name: resend_delivery(delivery_id, mode)$
-- Due now, from the first attempt on, however it ended; and what waits for it.
WITH resent AS (
    UPDATE deliveries SET
        due_at = clock_timestamp(), attempts = 0, delivered_at = NULL, given_up_at = NULL,
        lease_until = NULL
    FROM endpoints
    WHERE delivery_id = :delivery_id AND endpoints.endpoint_id = deliveries.endpoint_id
        AND mode = :mode
    RETURNING delivery_id, deliveries.endpoint_id, purchase_id, due_at
),
waiting AS (
    UPDATE deliveries SET due_at = LEAST(deliveries.due_at, resent.due_at)
    FROM resent
    WHERE deliveries.endpoint_id = resent.endpoint_id
        AND deliveries.purchase_id = resent.purchase_id
        AND deliveries.delivery_id > resent.delivery_id
        AND delivered_at IS NULL AND given_up_at IS NULL
)
SELECT delivery_id FROM resent;

-- name: resend_since(endpoint_id, mode, since)!
-- The same for all of an endpoint that were made since then.
UPDATE deliveries SET
    due_at = clock_timestamp(), attempts = 0, delivered_at = NULL, given_up_at = NULL,
    lease_until = NULL
FROM endpoints
WHERE deliveries.endpoint_id = :endpoint_id AND endpoints.endpoint_id = deliveries.endpoint_id
    AND mode = :mode AND deliveries.created_at >= :since;

-- name: prune_deliveries(older_than, max_rows)!
-- Forgets what was delivered or given up long ago.
DELETE FROM deliveries
WHERE delivery_id IN (
    SELECT delivery_id
    FROM deliveries
    WHERE created_at < clock_timestamp() - :older_than::interval
        AND (delivered_at IS NOT NULL OR given_up_at IS NOT NULL)
    ORDER BY delivery_id
    LIMIT :max_rows);
