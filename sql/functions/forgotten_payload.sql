-- The payload of an event without what the shop noted of its user. All else stays as it is.
CREATE OR REPLACE FUNCTION forgotten_payload(payload json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN payload -> 'metadata' IS NULL THEN payload
        ELSE (
            SELECT json_object_agg(
                key, CASE key WHEN 'metadata' THEN '{}'::json ELSE value END)
            FROM json_each(payload))
    END
$$;
