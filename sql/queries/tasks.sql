-- What runs every so often: by any of the workers, one at a time.

-- name: claim_task(name, pause)$
-- Whether it is due; if so, it is due again after the pause, and nobody else does it meanwhile.
INSERT INTO periodic_tasks AS task (name, next_at)
VALUES (:name, clock_timestamp() + :pause::interval)
ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at
WHERE task.next_at <= clock_timestamp()
RETURNING true;
