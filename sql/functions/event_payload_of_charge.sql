-- The payload of an event that a charge of Telegram's has caused (contract, section 7).
--
-- Arguments: the purchase as it is after the change, the event, the status before, the moment of
-- the event, the charge.
CREATE OR REPLACE FUNCTION event_payload(
    its purchases,
    event_type text,
    previous_status text,
    at timestamptz,
    charge charges
) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT CASE event_type
        WHEN 'purchase_succeeded' THEN json_build_object(
            'purchase_id', its.purchase_id,
            'item_id', its.item_id,
            'price_stars', its.price_stars,
            'purchase_type', its.purchase_type,
            'previous_status', previous_status,
            'metadata', json_build_object(),
            'invoice_to_purchase_ms',
                floor(extract(epoch FROM at - its.invoiced_at) * 1000)::bigint,
            'telegram_payment_charge_id', charge.telegram_payment_charge_id)
        WHEN 'purchase_payment_refused' THEN json_build_object(
            'purchase_id', its.purchase_id,
            'item_id', its.item_id,
            'price_stars', its.price_stars,
            'purchase_type', its.purchase_type,
            'previous_status', previous_status,
            'telegram_payment_charge_id', charge.telegram_payment_charge_id,
            'reason', charge.verdict,
            'amount', charge.amount,
            'currency', charge.currency)
        ELSE json_build_object(
            'purchase_id', its.purchase_id,
            'item_id', its.item_id,
            'price_stars', its.price_stars,
            'purchase_type', its.purchase_type,
            'previous_status', previous_status,
            'telegram_payment_charge_id', charge.telegram_payment_charge_id)
    END
$$;
