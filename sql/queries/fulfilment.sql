-- Handing out: said once for each purchase, awaited for a while, and given back in the end.
-- Rule kept here: fulfil_purchase and queue_unfulfilled_refund lock the purchase, so a purchase is
-- never both handed out and given back.

-- name: fulfil_purchase(purchase_id, mode, reference, request_id)^
SELECT verdict, purchase FROM fulfil_purchase(:purchase_id, :mode, :reference, :request_id);

-- name: await_fulfilment(mode, purpose)$
-- Since when handing out is waited for; from now on, if it was not before.
WITH begun AS (
    INSERT INTO fulfilment_awaited_since (mode, purpose) VALUES (:mode, :purpose)
    ON CONFLICT (mode, purpose) DO NOTHING
    RETURNING since
)
SELECT COALESCE(
    (SELECT since FROM begun),
    (SELECT since FROM fulfilment_awaited_since WHERE mode = :mode AND purpose = :purpose));

-- name: await_no_fulfilment(mode, purpose)!
-- Nobody waits any more. Whoever begins again begins anew.
DELETE FROM fulfilment_awaited_since WHERE mode = :mode AND purpose = :purpose;

-- name: measure_overdue(mode, within)^
-- How many purchases were paid longer ago than `within` and are not handed out, and how many
-- seconds ago the first of them was paid: of those that were paid since handing out is waited for.
SELECT count(*), extract(epoch FROM clock_timestamp() - min(paid_at))
FROM awaited_fulfilments JOIN fulfilment_awaited_since USING (mode)
WHERE mode = :mode AND purpose = 'alarm' AND paid_at >= since
    AND paid_at < clock_timestamp() - :within::interval;

-- name: list_overdue(mode, since, within, max_rows)
-- The purchases that were paid longest ago of those.
SELECT purchase_id
FROM awaited_fulfilments
WHERE mode = :mode AND paid_at >= :since AND paid_at < clock_timestamp() - :within::interval
ORDER BY paid_at
LIMIT :max_rows;

-- name: queue_unfulfilled_refund(purchase_id, request_id)!
-- Puts the charge of a purchase into the outbox of refunds, unless it was handed out meanwhile.
WITH locked_purchase AS (
    SELECT purchase_id
    FROM purchases
    WHERE purchase_id = :purchase_id AND mode = 'live' AND status = 'succeeded'
        AND fulfilled_at IS NULL
    FOR UPDATE
)
INSERT INTO refunds (telegram_payment_charge_id, request_id)
SELECT telegram_payment_charge_id, :request_id
FROM locked_purchase JOIN charges USING (purchase_id)
WHERE verdict = 'settled'
ON CONFLICT (telegram_payment_charge_id) DO NOTHING;
