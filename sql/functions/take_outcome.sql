-- Takes the oldest outcome that is meant for this purchase, if the step would change something: an
-- outcome is not used up by what is refused, or completed already. NULLs when none is taken.
--
-- Whoever waited for another taker looks at the row anew: one that is used up by then is passed
-- over for the next.
CREATE OR REPLACE FUNCTION take_outcome(
    asked_purchase_id text,
    asked_user_id text,
    asked_mode text,
    asked purchase_order,
    step purchase_step
) RETURNS mock_outcomes LANGUAGE plpgsql AS $$
DECLARE
    taken_outcome mock_outcomes;
BEGIN
    -- Nearly always nothing is armed, and then nothing else is looked at.
    IF NOT EXISTS (SELECT FROM mock_outcomes WHERE taken < times) THEN
        RETURN NULL;
    END IF;

    WITH
    known_purchase AS (
        SELECT purchases AS purchase, item_id, status
        FROM purchases WHERE purchase_id = asked_purchase_id
    ),
    -- What is bought, where completing it would change something.
    completable_item AS (
        SELECT item_id
        FROM known_purchase
        WHERE status = ANY (step.from_statuses)
            AND NOT EXISTS (
                SELECT FROM terms_refusal(purchase, asked_user_id, asked_mode, asked))
        UNION ALL
        SELECT asked.item_id
        WHERE step.event_if_new IS NOT NULL
            AND NOT EXISTS (SELECT FROM known_purchase)
            AND NOT EXISTS (
                SELECT FROM sale_refusal(
                    asked_mode, asked.item_id, asked.price_stars, asked.purchase_type))
    )
    UPDATE mock_outcomes SET
        taken = taken + 1,
        -- The last five: enough to see what took it, whoever arms thousands.
        taken_by = (asked_purchase_id::identifier || taken_by)[:5],
        taken_at = clock_timestamp()
    WHERE outcome_id = (
        SELECT outcome_id
        FROM mock_outcomes
        WHERE taken < times
            AND EXISTS (
                SELECT FROM completable_item
                WHERE is_meant_for(mock_outcomes, asked_user_id, item_id, asked_purchase_id))
        ORDER BY outcome_id
        LIMIT 1
        FOR UPDATE)
    RETURNING * INTO taken_outcome;
    RETURN taken_outcome;
END;
$$;
