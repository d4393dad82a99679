-- The core statement as it was before it became a function: one query with a part for each job.
-- statement.py measures sql/functions/transition_purchase.sql against it. Nothing else runs it.
WITH judged AS (
    SELECT known, CASE
        WHEN user_id <> :user_id THEN 'user_mismatch'
        WHEN mode <> :mode THEN 'mode_mismatch'
        WHEN item_id <> :item_id OR price_stars <> :price_stars OR purchase_type <> :purchase_type THEN 'params_mismatch'
        WHEN mode = 'live' AND status = 'succeeded' AND :to_status = 'failed' THEN 'paid_live'
        WHEN status = ANY (:from_statuses::text[]) THEN 'changed'
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
armed AS (
    SELECT FROM mock_outcomes AS armed LEFT JOIN judged ON true
    WHERE :heeds_armed::boolean AND taken < times
        AND is_meant_for(armed, :user_id, COALESCE((known).item_id, :item_id), :purchase_id)
        AND COALESCE(judged.outcome = 'changed', :event_if_new::text IS NOT NULL)
        AND NOT EXISTS (SELECT FROM unsold)
    LIMIT 1
),
barred AS (
    SELECT why FROM unsold UNION ALL SELECT 'armed' FROM armed
),
created AS (
    INSERT INTO purchases AS purchase (purchase_id, user_id, item_id, price_stars, purchase_type, status, mode,
        source, channel, metadata, pay_url, version, created_at, invoiced_at, succeeded_at)
    SELECT :purchase_id, :user_id, :item_id, :price_stars::integer,
        COALESCE(:purchase_type, (SELECT purchase_type FROM items WHERE item_id = :item_id), 'unknown'), :to_status,
        :mode, :source, :channel, :metadata::json, :pay_url, 1, at,
        CASE :to_status WHEN 'pending' THEN at END, CASE :to_status WHEN 'succeeded' THEN at END
    FROM clock_timestamp() AS at
    WHERE :event_if_new::text IS NOT NULL AND NOT EXISTS (SELECT FROM judged) AND NOT EXISTS (SELECT FROM barred)
    ON CONFLICT (purchase_id) DO NOTHING
    RETURNING purchase
),
due AS (
    SELECT (known).purchase_id, (known).status AS previous_status, next_moment(known) AS at
    FROM judged WHERE outcome = 'changed' AND NOT EXISTS (SELECT FROM barred)
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
    SELECT NULL, why, NULL, NULL FROM barred
) AS found
CROSS JOIN LATERAL (
    SELECT purchase_id, user_id, item_id, price_stars, purchase_type, status, mode, source, channel, metadata,
        created_at, invoiced_at, succeeded_at, failed_at, pay_url
    FROM (SELECT (purchase).*) AS its
) AS shown;
