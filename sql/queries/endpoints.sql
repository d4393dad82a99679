-- Endpoints: where the shop's backend wants to be told. An endpoint hears of what happens after it
-- was added.

-- name: add_endpoint(url, mode, message_types, secret)$
INSERT INTO endpoints (url, mode, message_types, secret, told_up_to)
SELECT :url, :mode, :message_types, :secret, COALESCE(max(position), 0)
FROM feed
RETURNING endpoint_id;

-- name: list_endpoints(mode)
-- All of a mode. Their secrets are shown to nobody.
SELECT row_to_json(shown) AS endpoint
FROM (
    SELECT
        endpoint_id, url, mode, message_types, fault, created_at, failing_since, disabled_at,
        disabled_because, previous_secret_until,
        (
            SELECT count(*)
            FROM deliveries
            WHERE deliveries.endpoint_id = endpoints.endpoint_id
                AND delivered_at IS NULL AND given_up_at IS NULL
        ) AS waiting
    FROM endpoints
    WHERE mode = :mode
    ORDER BY endpoint_id
) AS shown;

-- name: remove_endpoint(endpoint_id, mode)!
-- Takes an endpoint away, with its log.
DELETE FROM endpoints WHERE endpoint_id = :endpoint_id AND mode = :mode;

-- name: rotate_secret(endpoint_id, mode, secret, overlap)!
-- Gives an endpoint a new secret. The one before signs as well, for as long as `overlap`.
UPDATE endpoints SET
    previous_secret = secret,
    previous_secret_until = clock_timestamp() + :overlap::interval,
    secret = :secret
WHERE endpoint_id = :endpoint_id AND mode = :mode;

-- name: disable_endpoint(endpoint_id, because)!
UPDATE endpoints
SET disabled_at = clock_timestamp(), disabled_because = :because
WHERE endpoint_id = :endpoint_id AND disabled_at IS NULL;

-- name: enable_endpoint(endpoint_id, mode)!
UPDATE endpoints
SET disabled_at = NULL, disabled_because = NULL, failing_since = NULL
WHERE endpoint_id = :endpoint_id AND mode = :mode;

-- name: set_fault(endpoint_id, mode, fault)!
UPDATE endpoints SET fault = :fault WHERE endpoint_id = :endpoint_id AND mode = :mode;
