-- Records that the shop has handed out a purchase, once, under the reference that the shop gives.
--
-- Rule kept here: a purchase is never both fulfilled and refunded by the service itself. Whoever
-- queues a refund locks the purchase as well, so one of the two comes first, and the other sees it.
-- The row that comes back says what was found and done:
--   verdict     'changed', 'unchanged' (the same reference again), 'already_fulfilled' (another
--               one), 'not_paid' (or its Stars are on their way back), 'unknown'
--   purchase    its document as it is now; NULL for an unknown one
CREATE OR REPLACE FUNCTION fulfil_purchase(
    asked_purchase_id text,
    asked_mode text,
    asked_reference text,
    asked_request_id text,
    OUT verdict text,
    OUT purchase json
) LANGUAGE plpgsql AS $$
DECLARE
    locked_purchase purchases;
    fulfilled_purchase purchases;
    at timestamptz;
BEGIN
    SELECT * INTO locked_purchase
    FROM purchases WHERE purchase_id = asked_purchase_id AND mode = asked_mode FOR UPDATE;

    verdict := CASE
        WHEN locked_purchase.purchase_id IS NULL THEN 'unknown'
        WHEN locked_purchase.fulfilment_reference = asked_reference THEN 'unchanged'
        WHEN locked_purchase.fulfilment_reference IS NOT NULL THEN 'already_fulfilled'
        WHEN locked_purchase.status <> 'succeeded' THEN 'not_paid'
        WHEN EXISTS (
            SELECT FROM charges JOIN refunds USING (telegram_payment_charge_id)
            WHERE charges.purchase_id = asked_purchase_id AND charges.verdict = 'settled'
        ) THEN 'not_paid'
        ELSE 'changed'
    END;
    IF verdict = 'unknown' THEN
        RETURN;
    END IF;
    IF verdict <> 'changed' THEN
        purchase := purchase_document(locked_purchase);
        RETURN;
    END IF;

    at := next_moment(locked_purchase);
    WITH
    changed_purchase AS (
        UPDATE purchases SET
            version = version + 1,
            fulfilled_at = at,
            fulfilment_reference = asked_reference
        WHERE purchase_id = asked_purchase_id
        RETURNING *
    ),
    new_event AS (
        INSERT INTO events (
            purchase_id, version, event_type, user_id, request_id, created_at, payload)
        SELECT
            purchase_id, version, 'purchase_fulfilled', user_id, asked_request_id, at,
            event_payload(changed_purchase, 'purchase_fulfilled', status, at, NULL::json)
        FROM changed_purchase
    )
    SELECT * INTO fulfilled_purchase FROM changed_purchase;
    purchase := purchase_document(fulfilled_purchase);
END;
$$;
