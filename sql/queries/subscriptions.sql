-- Subscriptions: what is paid for a time. A subscription has the id of the purchase that began it.
--
-- Rules kept here: what one is at a moment follows from its dates (subscription_state). It is
-- changed by the functions that also write the event of the change.

-- name: get_subscription(purchase_id, user_id, mode)$
-- One subscription. A NULL asks for anybody's, or any.
SELECT subscription_document(its, purchases)
FROM subscriptions AS its JOIN purchases USING (purchase_id)
WHERE purchase_id = :purchase_id
    AND (:user_id::text IS NULL OR its.user_id = :user_id)
    AND (:mode::text IS NULL OR its.mode = :mode);

-- name: list_subscriptions(user_id, item_id, mode, state, after_at, after_id, max_rows)
-- Those begun last come first; a NULL asks for nothing. The last row of a page is the key of the
-- next one.
SELECT subscription_document(its, purchases)
FROM subscriptions AS its JOIN purchases USING (purchase_id)
WHERE its.mode = :mode
    AND (:user_id::text IS NULL OR its.user_id = :user_id)
    AND (:item_id::text IS NULL OR its.item_id = :item_id)
    AND (:state::text IS NULL OR subscription_state(its) = :state)
    AND started_at <= COALESCE(:after_at, 'infinity'::timestamptz)
    AND (:after_at::timestamptz IS NULL OR started_at < :after_at OR purchase_id > :after_id)
ORDER BY started_at DESC, purchase_id
LIMIT :max_rows;

-- name: list_ended(mode, max_rows)
-- Those that are over, and whose event of that is not written. A renewal is told some moments after
-- the end: so much is waited first, at most a tenth of a period.
SELECT purchase_id
FROM subscriptions AS its JOIN purchases USING (purchase_id)
WHERE its.mode = :mode
    AND expired_at IS NULL
    AND ends_at <= clock_timestamp()
    AND ends_at <= clock_timestamp()
        - LEAST(interval '10 minutes', make_interval(secs => subscription_period * 0.1))
ORDER BY ends_at
LIMIT :max_rows;

-- name: expire_subscription(purchase_id, request_id)$
-- Write down that one is over. Its row, or NULL if it is not, or if that was done before.
SELECT row_to_json(expire_subscription(:purchase_id, false, :request_id));

-- name: hear_of_subscription(invoice_payload, user_id, state, update_id, request_id)^
-- Take what Telegram told of one's state.
SELECT verdict, event_type, purchase
FROM hear_of_subscription(:invoice_payload, :user_id, :state, :update_id, :request_id);

-- name: play_subscription(purchase_id, act, request_id)^
-- Do to one of the mock what Telegram, its user or the time does to a real one.
SELECT verdict, event_type, subscription
FROM play_subscription(:purchase_id, :act, :request_id);

-- name: stop_mock_subscription(purchase_id, user_id, is_canceled, requested_by, request_id)^
-- End the renewals of one of the mock, or allow them again. No row comes back for an unknown one.
SELECT verdict, event_type, purchase
FROM stop_mock_subscription(
    :purchase_id, :user_id, :is_canceled, :requested_by, :request_id)
WHERE verdict IS NOT NULL;
