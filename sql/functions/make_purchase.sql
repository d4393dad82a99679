-- Makes a purchase and writes its first event, in one statement. Called by transition_purchase.
--
-- FOR UPDATE finds no row that another first request is just inserting. ON CONFLICT waits for that
-- one to end; if it has committed, nothing is inserted here and NULLs come back.
CREATE OR REPLACE FUNCTION make_purchase(
    asked_purchase_id text,
    asked_user_id text,
    asked_mode text,
    asked purchase_order,
    step purchase_step,
    asked_pay_url text,
    asked_request_id text
) RETURNS purchases LANGUAGE plpgsql AS $$
DECLARE
    made purchases;
BEGIN
    WITH
    -- A type that nobody names is the catalogue's.
    new_purchase AS (
        INSERT INTO purchases (
            purchase_id, user_id, item_id, price_stars, purchase_type, status, mode,
            source, channel, metadata, pay_url, version, created_at, invoiced_at, succeeded_at,
            subscription_period)
        SELECT
            asked_purchase_id,
            asked_user_id,
            asked.item_id,
            asked.price_stars,
            COALESCE(
                asked.purchase_type,
                (SELECT purchase_type FROM items WHERE item_id = asked.item_id),
                'unknown'),
            step.to_status,
            asked_mode,
            asked.source,
            asked.channel,
            asked.metadata,
            asked_pay_url,
            1,
            at,
            CASE step.to_status WHEN 'pending' THEN at END,
            CASE step.to_status WHEN 'succeeded' THEN at END,
            period_of_item(asked.item_id, asked_mode)
        FROM clock_timestamp() AS at
        ON CONFLICT (purchase_id) DO NOTHING
        RETURNING *
    ),
    new_event AS (
        INSERT INTO events (
            purchase_id, version, event_type, user_id, request_id, created_at, payload)
        SELECT
            purchase_id, version, step.event_if_new, user_id, asked_request_id, created_at,
            event_payload(new_purchase, step.event_if_new, NULL, created_at, metadata)
        FROM new_purchase
    )
    SELECT * INTO made FROM new_purchase;
    RETURN follow_with_subscription(made, NULL, asked_request_id);
END;
$$;
