-- Whether a change of an event does no more than forget its user: a pseudonym that was made in this
-- very transaction takes the user's place, and the payload loses its metadata.
CREATE OR REPLACE FUNCTION forgets_a_user(was events, became events) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT
        (became.event_id, became.purchase_id, became.version, became.event_type,
            became.request_id, became.created_at, became.payload::text)
        IS NOT DISTINCT FROM
        (was.event_id, was.purchase_id, was.version, was.event_type,
            was.request_id, was.created_at, forgotten_payload(was.payload)::text)
        AND EXISTS (
            SELECT FROM forgotten_users
            WHERE pseudonym = became.user_id AND forgotten_at = now())
$$;
