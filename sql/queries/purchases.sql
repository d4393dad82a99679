-- Purchases: the statement that makes and changes them, and the reads.
--
-- Rule kept here: a transition is one statement. It locks the row, judges it, changes it and writes the event, and
-- tells what it found. So there is one round trip, nothing to roll back, and no event without its change.

-- name: transition_purchase(action, purchase_id, user_id, item_id, price_stars, purchase_type, mode, source, channel, metadata, pay_url, request_id)^
-- The lifecycle is the table at the top; an action with no line for a status changes nothing. A NULL is not judged.
-- SELECT ... FOR UPDATE sees no row that another first request is just inserting: ON CONFLICT then waits for that one
-- and inserts nothing. No row at all comes back; asked once more, the statement sees the winner's row.
-- clock_timestamp() is read once the lock is held, and never falls behind what the row already tells.
WITH lifecycle (action, from_status, to_status, event_type) AS (VALUES
    ('create_invoice',  NULL,        'pending',   'purchase_invoice_created'),
    ('create_invoice',  'failed',    'pending',   'purchase_invoice_reopened'),
    ('record_purchase', NULL,        'succeeded', 'purchase_succeeded'),
    ('record_purchase', 'pending',   'succeeded', 'purchase_succeeded'),
    ('record_purchase', 'failed',    'succeeded', 'purchase_succeeded'),
    ('mark_failed',     'pending',   'failed',    'purchase_failed'),
    ('mark_failed',     'succeeded', 'failed',    'purchase_failed')
),
locked AS (
    SELECT known FROM purchases AS known WHERE purchase_id = :purchase_id FOR UPDATE
),
compared AS (
    SELECT known, array_remove(ARRAY[
        CASE WHEN :item_id <> (known).item_id THEN 'item_id' END,
        CASE WHEN :price_stars <> (known).price_stars THEN 'price_stars' END,
        CASE WHEN :purchase_type <> (known).purchase_type THEN 'purchase_type' END
    ], NULL) AS mismatched
    FROM locked
),
judged AS (
    SELECT known, mismatched, to_status, event_type,
        CASE
            WHEN :user_id <> (known).user_id THEN 'user_mismatch'
            WHEN :mode <> (known).mode THEN 'mode_mismatch'
            WHEN mismatched <> '{}' THEN 'params_mismatch'
            WHEN :action = 'mark_failed' AND (known).mode = 'live' AND (known).status = 'succeeded' THEN 'paid_live'
            WHEN to_status IS NULL THEN 'unchanged'
            ELSE 'changed'
        END AS outcome,
        GREATEST(clock_timestamp(), (known).created_at, (known).invoiced_at,
            (known).succeeded_at, (known).failed_at) AS at
    FROM compared LEFT JOIN lifecycle ON action = :action AND from_status = (known).status
),
created AS (
    INSERT INTO purchases AS purchase (purchase_id, user_id, item_id, price_stars, purchase_type, status, mode,
        source, channel, metadata, pay_url, version, created_at, invoiced_at, succeeded_at)
    SELECT :purchase_id, :user_id, :item_id, :price_stars::integer, COALESCE(:purchase_type, 'unknown'), to_status, :mode,
        :source, :channel, :metadata::json, :pay_url, 1, at,
        CASE to_status WHEN 'pending' THEN at END, CASE to_status WHEN 'succeeded' THEN at END
    FROM lifecycle CROSS JOIN clock_timestamp() AS at
    WHERE action = :action AND from_status IS NULL
        AND :item_id::text IS NOT NULL AND :price_stars::integer IS NOT NULL
        AND NOT EXISTS (SELECT FROM locked)
    ON CONFLICT (purchase_id) DO NOTHING
    RETURNING purchase
),
changed AS (
    UPDATE purchases AS purchase SET
        status = to_status,
        version = purchase.version + 1,
        pay_url = COALESCE(purchase.pay_url, :pay_url),
        invoiced_at = CASE to_status WHEN 'pending' THEN at ELSE purchase.invoiced_at END,
        succeeded_at = CASE to_status WHEN 'succeeded' THEN at ELSE purchase.succeeded_at END,
        failed_at = CASE to_status WHEN 'failed' THEN at ELSE purchase.failed_at END
    FROM judged WHERE purchase.purchase_id = (known).purchase_id AND outcome = 'changed'
    RETURNING purchase, event_type, at, (known).status AS previous_status
),
settled AS (
    SELECT purchase, event_type, (purchase).created_at AS at, NULL AS previous_status, 'created' AS outcome
    FROM created JOIN lifecycle ON action = :action AND from_status IS NULL
    UNION ALL
    SELECT purchase, event_type, at, previous_status, 'changed' FROM changed
),
told AS (
    INSERT INTO events (purchase_id, version, event_type, user_id, request_id, created_at, payload)
    SELECT (purchase).purchase_id, (purchase).version, event_type, (purchase).user_id, :request_id, at,
        CASE event_type
            WHEN 'purchase_invoice_created' THEN json_build_object(
                'purchase_id', (purchase).purchase_id, 'item_id', (purchase).item_id,
                'price_stars', (purchase).price_stars, 'purchase_type', (purchase).purchase_type)
            WHEN 'purchase_succeeded' THEN json_build_object(
                'purchase_id', (purchase).purchase_id, 'item_id', (purchase).item_id,
                'price_stars', (purchase).price_stars, 'purchase_type', (purchase).purchase_type,
                'previous_status', previous_status, 'metadata', :metadata::json,
                'invoice_to_purchase_ms', floor(extract(epoch FROM at - (purchase).invoiced_at) * 1000)::bigint)
            ELSE json_build_object(
                'purchase_id', (purchase).purchase_id, 'item_id', (purchase).item_id,
                'price_stars', (purchase).price_stars, 'purchase_type', (purchase).purchase_type,
                'previous_status', previous_status)
        END
    FROM settled
)
SELECT outcome, event_type, previous_status, mismatched,
    (purchase).purchase_id, (purchase).user_id, (purchase).item_id, (purchase).price_stars, (purchase).purchase_type,
    (purchase).status, (purchase).mode, (purchase).source, (purchase).channel, (purchase).metadata,
    (purchase).created_at, (purchase).invoiced_at, (purchase).succeeded_at, (purchase).failed_at, (purchase).pay_url
FROM (
    SELECT purchase, outcome, event_type, previous_status, NULL::text[] AS mismatched FROM settled
    UNION ALL
    SELECT known, outcome, NULL, NULL, mismatched FROM judged WHERE outcome <> 'changed'
) AS found;

-- name: get_purchase(purchase_id, user_id, mode)^
-- The caller's own purchase, of the mode the service is in; for the console, which passes NULLs, anybody's.
SELECT purchase_id, user_id, item_id, price_stars, purchase_type, status, mode, source, channel, metadata,
    created_at, invoiced_at, succeeded_at, failed_at, pay_url
FROM purchases
WHERE purchase_id = :purchase_id
    AND (:user_id::text IS NULL OR user_id = :user_id)
    AND (:mode::text IS NULL OR mode = :mode);

-- name: list_purchases(status, user_id, max_rows)
-- Newest first.
SELECT purchase_id, user_id, item_id, price_stars, purchase_type, status, mode, source, channel, metadata,
    created_at, invoiced_at, succeeded_at, failed_at, pay_url
FROM purchases
WHERE (:status::text IS NULL OR status = :status)
    AND (:user_id::text IS NULL OR user_id = :user_id)
ORDER BY created_at DESC, purchase_id
LIMIT :max_rows;
