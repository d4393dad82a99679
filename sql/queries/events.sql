-- Events: the history of a purchase, read only. They are written by the statement that makes the change they tell of
-- (transition_purchase) and by nothing else.

-- name: list_events(purchase_id, user_id, mode)
-- Oldest first. A purchase that exists has at least one event, so no rows means no such purchase for this caller.
SELECT row_to_json(shown) AS event FROM (
    SELECT event_id, events.purchase_id, events.version, event_type, payload, events.user_id, request_id,
        events.created_at
    FROM events JOIN purchases USING (purchase_id)
    WHERE events.purchase_id = :purchase_id
        AND (:user_id::text IS NULL OR purchases.user_id = :user_id)
        AND (:mode::text IS NULL OR mode = :mode)
    ORDER BY events.version
) AS shown;
