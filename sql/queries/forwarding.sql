-- Forwards: updates that are not ours, claimed for a while, and gone once the shop's bot has them.
-- Rule kept here: those of one chat are passed on in the order in which they came; the next is
-- passed on once the one before has arrived or was given up.

-- name: claim_forwards(bot_id, max_claims, lease)
-- The first of each chat, if it is due, the longest due first. Nobody else takes them until the
-- lease is over. now() is the moment of this statement, and an index can be searched for it.
WITH due_forward AS (
    SELECT forward_id
    FROM forwards AS its
    WHERE bot_id = :bot_id
        AND due_at <= now()
        AND (lease_until IS NULL OR lease_until <= now())
        AND NOT EXISTS (
            SELECT FROM forwards AS earlier
            WHERE earlier.bot_id = its.bot_id
                AND earlier.chat = its.chat
                AND earlier.forward_id < its.forward_id)
    ORDER BY due_at
    LIMIT :max_claims
    FOR UPDATE SKIP LOCKED
)
UPDATE forwards AS its SET
    lease_until = clock_timestamp() + :lease::interval,
    attempts = attempts + 1
FROM due_forward
WHERE its.forward_id = due_forward.forward_id
RETURNING its.forward_id, body, attempts, clock_timestamp() - created_at AS age;

-- name: finish_forward(forward_id, lease)^
-- It has arrived, or was given up. The next one of its chat is claimed, if there is one.
WITH ended_forward AS (
    DELETE FROM forwards WHERE forward_id = :forward_id
    RETURNING bot_id, chat
),
next_forward AS (
    SELECT its.forward_id
    FROM forwards AS its JOIN ended_forward USING (bot_id, chat)
    WHERE its.forward_id > :forward_id AND (lease_until IS NULL OR lease_until <= now())
    ORDER BY its.forward_id
    LIMIT 1
    FOR UPDATE OF its SKIP LOCKED
)
UPDATE forwards AS its SET
    lease_until = clock_timestamp() + :lease::interval,
    attempts = attempts + 1
FROM next_forward
WHERE its.forward_id = next_forward.forward_id
RETURNING its.forward_id, body, attempts, clock_timestamp() - created_at AS age;

-- name: postpone_forward(forward_id, error, pause)!
UPDATE forwards SET
    lease_until = NULL,
    last_error = :error,
    due_at = clock_timestamp() + :pause::interval
WHERE forward_id = :forward_id;

-- name: count_forwards(bot_id)$
-- How many wait.
SELECT count(*) FROM forwards WHERE bot_id = :bot_id;
