-- Puts a pseudonym in the place of a user in purchases, their events, subscriptions, charges and
-- armed outcomes, and returns how many purchases there were. What the shop noted of a sale
-- (metadata), and what its endpoints answered, goes. Each purchase gets an event that says so.
--
-- This is the one exception that refuse_to_rewrite_history knows. Purchases come first: whoever
-- writes an event has locked its purchase, so none is written meanwhile.
CREATE OR REPLACE FUNCTION forget_user(
    forgotten text,
    stand_in text,
    asked_request_id text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    its_purchases text[];
BEGIN
    INSERT INTO forgotten_users (pseudonym, request_id) VALUES (stand_in, asked_request_id);
    WITH changed_purchase AS (
        UPDATE purchases SET user_id = stand_in, metadata = '{}', version = version + 1
        WHERE user_id = forgotten
        RETURNING purchase_id
    )
    SELECT COALESCE(array_agg(purchase_id), '{}') INTO its_purchases FROM changed_purchase;
    UPDATE events SET user_id = stand_in, payload = forgotten_payload(payload)
    WHERE purchase_id = ANY (its_purchases);
    INSERT INTO events (
        purchase_id, version, event_type, user_id, request_id, created_at, payload)
    SELECT
        purchase_id, version, 'purchase_user_forgotten', stand_in, asked_request_id,
        next_moment(purchase),
        event_payload(purchase, 'purchase_user_forgotten', status, now(), NULL::json)
    FROM purchases AS purchase
    WHERE purchase_id = ANY (its_purchases);
    UPDATE charges SET payer_id = stand_in WHERE payer_id = forgotten;
    UPDATE subscriptions SET user_id = stand_in WHERE user_id = forgotten;
    UPDATE mock_outcomes SET user_id = stand_in WHERE user_id = forgotten;
    UPDATE deliveries SET last_answer = NULL WHERE purchase_id = ANY (its_purchases);
    RETURN cardinality(its_purchases);
END;
$$;
