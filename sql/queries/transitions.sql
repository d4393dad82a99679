-- Transitions: the one statement that makes and changes purchases.
--
-- Rule kept here: a transition is one statement and one round trip. It locks the row, judges it,
-- changes it, writes the event, and tells what it found. So there is nothing to roll back, and no
-- event without its change. What it does stands in sql/functions/transition_purchase.sql.

-- name: transition_purchase(purchase_id, user_id, mode, item_id, price_stars, purchase_type, source, channel, metadata, to_status, from_statuses, event_if_known, event_if_new, pay_url, request_id)^
SELECT verdict, differing, event_type, previous_status, purchase
FROM transition_purchase(
    :purchase_id,
    :user_id,
    :mode,
    ROW(:item_id, :price_stars, :purchase_type, :source, :channel, :metadata)::purchase_order,
    ROW(:to_status, :from_statuses, :event_if_known, :event_if_new)::purchase_step,
    :pay_url,
    :request_id);
