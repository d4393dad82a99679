-- Purchases: the statement that makes and changes them, and the reads.
--
-- Rule kept here: a transition is one statement. It locks the row, judges it, changes it and writes the event, and
-- tells what it found. So there is one round trip, nothing to roll back, and no event without its change.
--
-- A purchase comes back as one JSON document with the fields of the contract: a fifth of a request's time in Python
-- went into reading fifteen columns one by one.

-- name: transition_purchase(purchase_id, user_id, item_id, price_stars, purchase_type, mode, source, channel, metadata, pay_url, request_id, to_status, from_statuses, event_if_new, event_if_known)^
-- Make the purchase to_status: a new one if event_if_new names what to call that, a known one if it is in one of
-- from_statuses. A NULL is not judged. No row comes back when there is none and none is made. What is
-- to be made, or to be paid after all, has to be what the catalogue offers; else the outcome is why it is not.
-- FOR UPDATE finds no row that another first request is just inserting; ON CONFLICT then waits for that one and
-- inserts nothing. Asked once more, the statement sees the winner's row.
-- The clock is read once the lock is held, and never falls behind what the row already tells.
WITH judged AS (
    SELECT known, CASE
        WHEN user_id <> :user_id THEN 'user_mismatch'
        WHEN mode <> :mode THEN 'mode_mismatch'
        WHEN item_id <> :item_id OR price_stars <> :price_stars OR purchase_type <> :purchase_type THEN 'params_mismatch'
        WHEN mode = 'live' AND status = 'succeeded' AND :to_status = 'failed' THEN 'paid_live'
        WHEN status = ANY (string_to_array(:from_statuses, ' ')) THEN 'changed'
        ELSE 'unchanged'
    END AS outcome
    FROM purchases AS known WHERE purchase_id = :purchase_id FOR UPDATE
),
unsold AS (
    SELECT why FROM (SELECT) AS asked LEFT JOIN judged ON true
    CROSS JOIN LATERAL catalogue_refusal(:mode, COALESCE((known).item_id, :item_id),
        COALESCE((known).price_stars, :price_stars::integer), COALESCE((known).purchase_type, :purchase_type)) AS why
    WHERE CASE WHEN known IS NULL THEN :event_if_new::text IS NOT NULL
        ELSE outcome = 'changed' AND :to_status = 'pending' END
),
created AS (
    INSERT INTO purchases AS purchase (purchase_id, user_id, item_id, price_stars, purchase_type, status, mode,
        source, channel, metadata, pay_url, version, created_at, invoiced_at, succeeded_at)
    SELECT :purchase_id, :user_id, :item_id, :price_stars::integer,
        COALESCE(:purchase_type, (SELECT purchase_type FROM items WHERE item_id = :item_id), 'unknown'), :to_status,
        :mode, :source, :channel, :metadata::json, :pay_url, 1, at,
        CASE :to_status WHEN 'pending' THEN at END, CASE :to_status WHEN 'succeeded' THEN at END
    FROM clock_timestamp() AS at
    WHERE :event_if_new::text IS NOT NULL AND NOT EXISTS (SELECT FROM judged) AND NOT EXISTS (SELECT FROM unsold)
    ON CONFLICT (purchase_id) DO NOTHING
    RETURNING purchase
),
due AS (
    SELECT (known).purchase_id, (known).status AS previous_status, next_moment(known) AS at
    FROM judged WHERE outcome = 'changed' AND NOT EXISTS (SELECT FROM unsold)
),
changed AS (
    UPDATE purchases AS purchase SET
        status = :to_status,
        version = version + 1,
        pay_url = COALESCE(pay_url, :pay_url),
        invoiced_at = CASE :to_status WHEN 'pending' THEN at ELSE invoiced_at END,
        succeeded_at = CASE :to_status WHEN 'succeeded' THEN at ELSE succeeded_at END,
        failed_at = CASE :to_status WHEN 'failed' THEN at ELSE failed_at END
    FROM due WHERE purchase.purchase_id = due.purchase_id
    RETURNING purchase, previous_status, at
),
settled AS (
    SELECT purchase, NULL AS previous_status, (purchase).created_at AS at, :event_if_new AS event_type FROM created
    UNION ALL
    SELECT purchase, previous_status, at, :event_if_known FROM changed
),
told AS (
    INSERT INTO events (purchase_id, version, event_type, user_id, request_id, created_at, payload)
    SELECT (purchase).purchase_id, (purchase).version, event_type, (purchase).user_id, :request_id, at,
        event_payload(purchase, event_type, previous_status, at, :metadata::json)
    FROM settled
)
SELECT outcome, event_type, previous_status, row_to_json(shown) AS purchase
FROM (
    SELECT purchase, 'changed' AS outcome, event_type, previous_status FROM settled
    UNION ALL
    SELECT known, outcome, NULL, NULL FROM judged WHERE outcome <> 'changed'
    UNION ALL
    SELECT NULL, why, NULL, NULL FROM unsold
) AS found
CROSS JOIN LATERAL (
    SELECT purchase_id, user_id, item_id, price_stars, purchase_type, status, mode, source, channel, metadata,
        created_at, invoiced_at, succeeded_at, failed_at, pay_url
    FROM (SELECT (purchase).*) AS its
) AS shown;

-- name: get_purchase(purchase_id, user_id, mode)$
-- The caller's own purchase, of the mode the service is in; for the console, which passes NULLs, anybody's.
SELECT row_to_json(shown) FROM (
    SELECT purchase_id, user_id, item_id, price_stars, purchase_type, status, mode, source, channel, metadata,
        created_at, invoiced_at, succeeded_at, failed_at, pay_url
    FROM purchases
    WHERE purchase_id = :purchase_id
        AND (:user_id::text IS NULL OR user_id = :user_id)
        AND (:mode::text IS NULL OR mode = :mode)
) AS shown;

-- name: list_purchases(purchase_type, status, user_id, item_id, mode, source, channel, since, until, after_at, after_id, max_rows)
-- Newest first; a NULL asks for nothing. The last row of a page is the key of the next one: no page is skipped or shown
-- twice because of what has come in meanwhile.
SELECT row_to_json(shown) AS purchase FROM (
    SELECT purchase_id, user_id, item_id, price_stars, purchase_type, status, mode, source, channel, metadata,
        created_at, invoiced_at, succeeded_at, failed_at, pay_url
    FROM purchases
    WHERE (:purchase_type::text IS NULL OR purchase_type = :purchase_type)
        AND (:status::text IS NULL OR status = :status)
        AND (:user_id::text IS NULL OR user_id = :user_id)
        AND (:item_id::text IS NULL OR item_id = :item_id)
        AND (:mode::text IS NULL OR mode = :mode)
        AND (:source::text IS NULL OR source = :source)
        AND (:channel::text IS NULL OR channel = :channel)
        AND created_at >= COALESCE(:since, '-infinity'::timestamptz)
        AND created_at < COALESCE(:until, 'infinity'::timestamptz)
        AND created_at <= COALESCE(:after_at, 'infinity'::timestamptz)
        AND (:after_at::timestamptz IS NULL OR created_at < :after_at OR purchase_id > :after_id)
    ORDER BY created_at DESC, purchase_id
    LIMIT :max_rows
) AS shown;
