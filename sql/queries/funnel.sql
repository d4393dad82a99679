-- Funnel: what became of the invoices of a window of time, told from the events.
--
-- Rule kept here: the cost grows with the window, not with the table. purchases_by_created_at finds what began in it
-- (a purchase is created with its first event), and each event is read by its key. OFFSET 0 keeps the planner from
-- reading all events instead, and makes a prepared plan as good as one made for the very window.

-- name: measure_funnel(since, until, by, mode, bounds)
-- An invoice counts where it was created and is followed to its last event; a payment that did not fit and Stars that went
-- back are no step of it: what was bought was bought. A purchase that began without an invoice is none: of two events at most, invoiced_at tells (it takes three to reopen one), of more the first event.
-- A first event that is the last one, too, is the invoice itself: still open, nothing to read.
-- The window before is as long and ends where this one begins; its days stand for those one window later.
-- A row for the total, for each group, and for each step between the bounds (ms) the time to the purchase lies in.
WITH invoices AS MATERIALIZED (
    SELECT created_at < :since::timestamptz AS before,
        CASE :by::text
            WHEN 'purchase_type' THEN purchase_type::text
            WHEN 'source' THEN source::text
            WHEN 'channel' THEN channel::text
            WHEN 'day' THEN to_char(created_at AT TIME ZONE 'UTC'
                + CASE WHEN created_at < :since THEN :until::timestamptz - :since ELSE interval '0' END, 'YYYY-MM-DD')
        END COLLATE "C" AS key,
        event_type,
        CASE event_type WHEN 'purchase_succeeded' THEN (payload ->> 'invoice_to_purchase_ms')::bigint END AS ms
    FROM purchases
    LEFT JOIN LATERAL (
        SELECT event_type, payload FROM events
        WHERE purchases.version > 1 AND purchase_id = purchases.purchase_id
            AND event_type NOT IN ('purchase_payment_refused', 'purchase_refunded')
        ORDER BY version DESC LIMIT 1
    ) AS last_event ON true
    WHERE created_at >= :since - (:until - :since) AND created_at < :until AND mode = :mode
        AND invoiced_at IS NOT NULL AND (version < 3 OR EXISTS (
            SELECT FROM events AS first_event WHERE first_event.purchase_id = purchases.purchase_id
                AND first_event.version = 1 AND first_event.event_type = 'purchase_invoice_created' OFFSET 0))
)
SELECT CASE grouping(key) WHEN 1 THEN 'total' ELSE 'group' END AS kind, before, key, count(*) AS created,
    count(*) FILTER (WHERE event_type = 'purchase_succeeded') AS completed,
    count(*) FILTER (WHERE event_type = 'purchase_failed') AS failed,
    percentile_disc(ARRAY[0.5, 0.9, 0.95]) WITHIN GROUP (ORDER BY ms) AS percentiles
FROM invoices GROUP BY GROUPING SETS ((before, key), (before))
UNION ALL
SELECT 'step' AS kind, before, width_bucket(ms, :bounds::bigint[])::text AS key, 0 AS created, count(*) AS completed, 0 AS failed,
    NULL AS percentiles
FROM invoices WHERE ms IS NOT NULL GROUP BY 2, 3;
