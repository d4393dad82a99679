-- Takes a step with a known purchase and writes the event of it, in one statement. Called by
-- transition_purchase, which has locked and judged it.
--
-- The clock is read once the lock is held, and never falls behind what the row already tells.
CREATE OR REPLACE FUNCTION change_purchase(
    known purchases,
    asked purchase_order,
    step purchase_step,
    asked_pay_url text,
    asked_request_id text
) RETURNS purchases LANGUAGE plpgsql AS $$
DECLARE
    changed purchases;
    at timestamptz := next_moment(known);
BEGIN
    WITH
    -- The first link stays.
    changed_purchase AS (
        UPDATE purchases SET
            status = step.to_status,
            version = version + 1,
            pay_url = COALESCE(pay_url, asked_pay_url),
            invoiced_at = CASE step.to_status WHEN 'pending' THEN at ELSE invoiced_at END,
            succeeded_at = CASE step.to_status WHEN 'succeeded' THEN at ELSE succeeded_at END,
            failed_at = CASE step.to_status WHEN 'failed' THEN at ELSE failed_at END
        WHERE purchase_id = known.purchase_id
        RETURNING *
    ),
    new_event AS (
        INSERT INTO events (
            purchase_id, version, event_type, user_id, request_id, created_at, payload)
        SELECT
            purchase_id, version, step.event_if_known, user_id, asked_request_id, at,
            event_payload(
                changed_purchase, step.event_if_known, known.status, at, asked.metadata)
        FROM changed_purchase
    )
    SELECT * INTO changed FROM changed_purchase;
    RETURN follow_with_subscription(changed, known.status, asked_request_id);
END;
$$;
