-- The mock's own: outcomes armed in advance, taken one at a time by the purchases they are meant for.
-- transition_purchase tells whether one is armed; only then is it taken here.

-- name: arm_outcome(user_id, item_id, purchase_id, outcome, delay, times)$
INSERT INTO mock_outcomes (user_id, item_id, purchase_id, outcome, delay, times)
VALUES (:user_id, :item_id, :purchase_id, :outcome, :delay, :times)
RETURNING shown(mock_outcomes);

-- name: list_outcomes()
-- Those still armed, in the order in which they will be taken.
SELECT shown(mock_outcomes) FROM mock_outcomes WHERE taken < times ORDER BY outcome_id;

-- name: take_outcome(user_id, item_id, purchase_id)^
-- The oldest that is meant for this purchase. Whoever waited for another taker looks at the row anew: taken up, it is
-- passed over for the next.
UPDATE mock_outcomes SET taken = taken + 1
WHERE outcome_id = (
    SELECT outcome_id FROM mock_outcomes
    WHERE taken < times AND is_meant_for(mock_outcomes, :user_id, COALESCE(
        (SELECT purchases.item_id FROM purchases WHERE purchases.purchase_id = :purchase_id), :item_id), :purchase_id)
    ORDER BY outcome_id LIMIT 1 FOR UPDATE)
RETURNING outcome_id, outcome, delay;

-- name: clear_outcomes(outcome_id)!
-- One, or with NULL all, and what is taken up with them. numeric: a number that no row can have finds none.
DELETE FROM mock_outcomes WHERE :outcome_id::numeric IS NULL OR outcome_id = :outcome_id::numeric;
