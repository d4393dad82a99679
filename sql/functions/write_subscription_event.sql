-- Writes an event of a subscription into the history of its purchase, which is locked by now.
--
-- Arguments: the purchase, the event and its moment, when the subscription ends from now on, who
-- caused it ('telegram', 'user', 'shop'; NULL for what a payment or the time does), the charge if
-- it was one, the request. Returns the purchase as it is then.
CREATE OR REPLACE FUNCTION write_subscription_event(
    its purchases,
    event_type text,
    at timestamptz,
    ends_at timestamptz,
    caused_by text,
    charge_id text,
    asked_request_id text
) RETURNS purchases LANGUAGE plpgsql AS $$
DECLARE
    changed_purchase purchases;
BEGIN
    UPDATE purchases SET version = version + 1, subscription_event_at = at
    WHERE purchase_id = its.purchase_id
    RETURNING * INTO changed_purchase;
    INSERT INTO events (purchase_id, version, event_type, user_id, request_id, created_at, payload)
    VALUES (
        its.purchase_id, changed_purchase.version, event_type, its.user_id, asked_request_id, at,
        json_build_object(
            'purchase_id', its.purchase_id,
            'item_id', its.item_id,
            'price_stars', its.price_stars,
            'purchase_type', its.purchase_type,
            'previous_status', its.status,
            'ends_at', ends_at,
            'by', caused_by,
            'telegram_payment_charge_id', charge_id));
    RETURN changed_purchase;
END;
$$;
