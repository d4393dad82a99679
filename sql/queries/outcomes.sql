-- Outcomes armed in advance, taken one at a time by the purchases they are meant for.
-- Rule kept here: an outcome is taken exactly as many times as was said, whoever asks at once.

-- name: arm_outcome(user_id, item_id, purchase_id, outcome, delay, times)$
INSERT INTO mock_outcomes (user_id, item_id, purchase_id, outcome, delay, times)
VALUES (:user_id, :item_id, :purchase_id, :outcome, :delay, :times)
RETURNING shown(mock_outcomes);

-- name: list_outcomes()
-- Those still armed, in the order in which they will be taken.
SELECT shown(mock_outcomes) FROM mock_outcomes WHERE taken < times ORDER BY outcome_id;

-- name: take_outcome(purchase_id, user_id, item_id, price_stars, purchase_type)^
-- The oldest that is meant for this purchase, if completing the purchase would change something: an
-- outcome is not used up by what is refused, or completed already. Nearly always nothing is armed,
-- and then nothing else is looked at. Whoever waited for another taker looks at the row anew: one
-- that is used up is passed over for the next.
WITH known_purchase AS (
    SELECT user_id, item_id, price_stars, purchase_type, status, mode
    FROM purchases
    WHERE purchase_id = :purchase_id
),
completable_item AS (
    SELECT item_id
    FROM known_purchase
    WHERE user_id = :user_id AND mode = 'mock' AND status IN ('pending', 'failed')
        AND item_id = COALESCE(:item_id, item_id)
        AND price_stars = COALESCE(:price_stars::integer, price_stars)
        AND purchase_type = COALESCE(:purchase_type, purchase_type)
    UNION ALL
    SELECT :item_id::text
    WHERE NOT EXISTS (SELECT FROM known_purchase)
        AND :item_id::text IS NOT NULL AND :price_stars::integer IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM catalogue_refusal('mock', :item_id, :price_stars::integer, :purchase_type))
)
UPDATE mock_outcomes SET taken = taken + 1
WHERE outcome_id = (
    SELECT outcome_id FROM mock_outcomes
    WHERE taken < times AND EXISTS (
        SELECT FROM completable_item
        WHERE is_meant_for(mock_outcomes, :user_id, item_id, :purchase_id))
    ORDER BY outcome_id LIMIT 1 FOR UPDATE)
RETURNING outcome_id, outcome, delay;

-- name: clear_outcomes(outcome_id)!
-- One, or with NULL all, and what is taken up with them. numeric: a number that no row can have finds none.
DELETE FROM mock_outcomes WHERE :outcome_id::numeric IS NULL OR outcome_id = :outcome_id::numeric;
