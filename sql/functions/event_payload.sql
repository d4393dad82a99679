-- The payload of an event that a caller, a tester or an operator has caused (contract, section 7).
--
-- Arguments: the purchase as it is after the change, the event, the status before (NULL for a new
-- purchase), the moment of the event, the metadata of the completing call.
CREATE OR REPLACE FUNCTION event_payload(
    its purchases,
    event_type text,
    previous_status text,
    at timestamptz,
    metadata json
) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT CASE event_type
        WHEN 'purchase_invoice_created' THEN json_build_object(
            'purchase_id', its.purchase_id,
            'item_id', its.item_id,
            'price_stars', its.price_stars,
            'purchase_type', its.purchase_type)
        WHEN 'purchase_succeeded' THEN json_build_object(
            'purchase_id', its.purchase_id,
            'item_id', its.item_id,
            'price_stars', its.price_stars,
            'purchase_type', its.purchase_type,
            'previous_status', previous_status,
            'metadata', metadata,
            'invoice_to_purchase_ms',
                floor(extract(epoch FROM at - its.invoiced_at) * 1000)::bigint)
        WHEN 'purchase_fulfilled' THEN json_build_object(
            'purchase_id', its.purchase_id,
            'item_id', its.item_id,
            'price_stars', its.price_stars,
            'purchase_type', its.purchase_type,
            'previous_status', previous_status,
            'reference', its.fulfilment_reference,
            'paid_to_fulfilled_ms',
                floor(extract(epoch FROM at - its.succeeded_at) * 1000)::bigint)
        ELSE json_build_object(
            'purchase_id', its.purchase_id,
            'item_id', its.item_id,
            'price_stars', its.price_stars,
            'purchase_type', its.purchase_type,
            'previous_status', previous_status)
    END
$$;
