-- The invoices that were created in [low, high), each with where it has ended.
--
-- An invoice is followed to its last event, whenever that was. What came after the purchase is no
-- step of it, like Stars that went back: what was bought was bought. What was handed out stays so,
-- too: fulfilled_ms is the time from the payment to it, NULL for what was not. A purchase that
-- began without an invoice is none: of two events at most, invoiced_at tells (it takes three to
-- reopen one), of more the first event. A first event that is the last one, too, is the invoice
-- itself: it is still open, and nothing needs to be read.
-- The cost grows with the window, not with the table: purchases_by_created_at finds what began in
-- it, and each event is read by its key. OFFSET 0 keeps the planner from reading all events
-- instead. A function of one SELECT becomes part of the statement that calls it.
CREATE OR REPLACE FUNCTION funnel_invoices(low timestamptz, high timestamptz)
RETURNS TABLE (
    created_at     timestamptz,
    mode           text,
    purchase_type  text,
    source         text,
    channel        text,
    price_stars    integer,
    ending         text,
    ms             bigint,
    fulfilled_ms   bigint
)
LANGUAGE sql STABLE AS $$
    SELECT
        purchases.created_at,
        purchases.mode,
        purchases.purchase_type,
        purchases.source,
        purchases.channel,
        purchases.price_stars,
        CASE last_event.event_type
            WHEN 'purchase_succeeded' THEN 'completed'
            WHEN 'purchase_failed' THEN 'failed'
            ELSE 'open'
        END,
        CASE last_event.event_type
            WHEN 'purchase_succeeded' THEN (last_event.payload ->> 'invoice_to_purchase_ms')::bigint
        END,
        CASE last_event.event_type
            WHEN 'purchase_succeeded' THEN fulfilment.ms
        END
    FROM purchases
    LEFT JOIN LATERAL (
        SELECT event_type, payload
        FROM events
        WHERE purchases.version > 1
            AND events.purchase_id = purchases.purchase_id
            AND event_type IN (
                'purchase_invoice_created', 'purchase_invoice_reopened',
                'purchase_succeeded', 'purchase_failed')
        ORDER BY events.version DESC
        LIMIT 1
    ) AS last_event ON true
    LEFT JOIN LATERAL (
        SELECT (payload ->> 'paid_to_fulfilled_ms')::bigint AS ms
        FROM events
        WHERE purchases.fulfilled_at IS NOT NULL
            AND events.purchase_id = purchases.purchase_id
            AND event_type = 'purchase_fulfilled'
        LIMIT 1
    ) AS fulfilment ON true
    WHERE purchases.created_at >= low
        AND purchases.created_at < high
        AND invoiced_at IS NOT NULL
        AND (purchases.version < 3 OR EXISTS (
            SELECT FROM events AS first_event
            WHERE first_event.purchase_id = purchases.purchase_id
                AND first_event.version = 1
                AND first_event.event_type = 'purchase_invoice_created'
            OFFSET 0))
$$;
