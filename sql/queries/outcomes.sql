-- Outcomes armed in advance, taken one at a time by the purchases they are meant for.
--
-- Rule kept here: an outcome is taken exactly as many times as was said, whoever asks at once.

-- name: arm_outcome(user_id, item_id, purchase_id, outcome, delay, times)$
INSERT INTO mock_outcomes (user_id, item_id, purchase_id, outcome, delay, times)
VALUES (:user_id, :item_id, :purchase_id, :outcome, :delay, :times)
RETURNING shown(mock_outcomes);

-- name: list_outcomes()
-- Those still armed, in the order in which they will be taken.
SELECT shown(mock_outcomes)
FROM mock_outcomes
WHERE taken < times
ORDER BY outcome_id;

-- name: list_taken_outcomes(max_rows)
-- Those that purchases took, the last taken first, with the last of these purchases.
SELECT shown(mock_outcomes), taken_by::text[], taken_at::text
FROM mock_outcomes
WHERE taken_at IS NOT NULL
ORDER BY mock_outcomes.taken_at DESC, outcome_id
LIMIT :max_rows;

-- name: find_outcome_for(purchase_id)$
-- The outcome that completing this purchase would take now.
SELECT shown(mock_outcomes)
FROM purchases
JOIN mock_outcomes
    ON taken < times
    AND is_meant_for(
        mock_outcomes, purchases.user_id, purchases.item_id, purchases.purchase_id)
WHERE purchases.purchase_id = :purchase_id
ORDER BY outcome_id
LIMIT 1;

-- name: complete_unless_armed(purchase_id, user_id, mode, item_id, price_stars, purchase_type, source, channel, metadata, to_status, from_statuses, event_if_known, event_if_new, pay_url, request_id)^
-- Take an outcome that is armed for this purchase; if there is none, complete it. One round trip.
SELECT outcome_id, outcome, delay, verdict, differing, event_type, previous_status, purchase
FROM complete_unless_armed(
    :purchase_id,
    :user_id,
    :mode,
    ROW(:item_id, :price_stars, :purchase_type, :source, :channel, :metadata)::purchase_order,
    ROW(:to_status, :from_statuses, :event_if_known, :event_if_new)::purchase_step,
    :pay_url,
    :request_id);

-- name: clear_outcomes(outcome_id)!
-- One, or with NULL all, and what is taken up with them. numeric: a number that no row can have
-- finds none.
DELETE FROM mock_outcomes
WHERE :outcome_id::numeric IS NULL OR outcome_id = :outcome_id::numeric;
