-- Server keys: made, listed, revoked, and recognised by the hash of their plain text.
-- Rule kept here: the plain text of a key is stored nowhere.

-- name: create_api_key(name, mode, scopes, sha256, hint)!
-- Makes a key, unless one of that name is in use.
INSERT INTO api_keys (name, mode, scopes, sha256, hint)
VALUES (:name, :mode, :scopes, :sha256, :hint)
ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING;

-- name: list_api_keys()
-- All keys, the newest first.
SELECT row_to_json(shown) AS api_key
FROM (
    SELECT name, mode, scopes, hint, created_at, last_used_at, revoked_at
    FROM api_keys
    ORDER BY created_at DESC, key_id DESC
) AS shown;

-- name: revoke_api_key(name)!
UPDATE api_keys
SET revoked_at = clock_timestamp()
WHERE name = :name AND revoked_at IS NULL;

-- name: use_api_key(sha256)^
-- Whose key this is. The time of its last use is kept to the minute: not every request writes.
WITH known_key AS (
    SELECT key_id, name, mode, scopes, last_used_at
    FROM api_keys
    WHERE sha256 = :sha256 AND revoked_at IS NULL
),
used_key AS (
    UPDATE api_keys
    SET last_used_at = clock_timestamp()
    FROM known_key
    WHERE api_keys.key_id = known_key.key_id
        AND COALESCE(known_key.last_used_at, '-infinity') < clock_timestamp() - interval '1 minute'
)
SELECT name, mode, scopes FROM known_key;
