-- Funnel: what became of the invoices of a window of time, told from the events.
--
-- Rule kept here: the cost grows with the window, not with the table. purchases_by_created_at finds
-- what began in it (a purchase is created with its first event), and each event is read by its key.

-- name: measure_funnel(since, until, by, mode, bounds)
-- An invoice counts where it was created, and is followed to the last step of its payment. A charge
-- that did not fit, Stars that went back and the handing out are no such step: what was bought was
-- bought.
-- The window before is as long and ends where this one begins; its days stand for those one window
-- later.
-- A row comes back for the total, for each group, and for each step of the histogram: a step is the
-- time to the purchase that lies between two of the bounds (ms).
WITH
invoice AS MATERIALIZED (
    SELECT
        created_at < :since::timestamptz AS before,
        CASE :by::text
            WHEN 'purchase_type' THEN purchase_type::text
            WHEN 'source' THEN source::text
            WHEN 'channel' THEN channel::text
            WHEN 'day' THEN to_char(shown_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')
        END COLLATE "C" AS key,
        event_type,
        CASE event_type
            WHEN 'purchase_succeeded' THEN (payload ->> 'invoice_to_purchase_ms')::bigint
        END AS ms
    FROM purchases
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN created_at < :since THEN created_at + (:until::timestamptz - :since)
            ELSE created_at
        END AS shown_at
    ) AS shown
    -- A first event that is the last one, too, is the invoice itself: open, and nothing to read.
    LEFT JOIN LATERAL (
        SELECT event_type, payload
        FROM events
        WHERE purchases.version > 1
            AND purchase_id = purchases.purchase_id
            AND event_type IN (
                'purchase_invoice_created', 'purchase_invoice_reopened',
                'purchase_succeeded', 'purchase_failed')
        ORDER BY version DESC
        LIMIT 1
    ) AS last_event ON true
    WHERE created_at >= :since - (:until - :since)
        AND created_at < :until
        AND mode = :mode
        -- A purchase that began without an invoice is none. Of two events at most, invoiced_at
        -- tells (it takes three to reopen one); of more, the first event.
        AND invoiced_at IS NOT NULL
        AND (version < 3 OR EXISTS (
            SELECT FROM events AS first_event
            WHERE first_event.purchase_id = purchases.purchase_id
                AND first_event.version = 1
                AND first_event.event_type = 'purchase_invoice_created'
            -- Keeps the planner from reading all events instead.
            OFFSET 0))
)
SELECT
    CASE grouping(key) WHEN 1 THEN 'total' ELSE 'group' END AS kind,
    before,
    key,
    count(*) AS created,
    count(*) FILTER (WHERE event_type = 'purchase_succeeded') AS completed,
    count(*) FILTER (WHERE event_type = 'purchase_failed') AS failed,
    percentile_disc(ARRAY[0.5, 0.9, 0.95]) WITHIN GROUP (ORDER BY ms) AS percentiles
FROM invoice
GROUP BY GROUPING SETS ((before, key), (before))
UNION ALL
SELECT 'step', before, width_bucket(ms, :bounds::bigint[])::text AS step, 0, count(*), 0, NULL
FROM invoice
WHERE ms IS NOT NULL
GROUP BY before, step;
