-- A step of the mock's: takes an outcome that is armed for it, or else takes the step itself.
--
-- Either outcome_id, outcome and delay (seconds) come back, and the purchase is as it was; or what
-- transition_purchase tells. So a mock purchase for which nothing is armed is one round trip, and
-- the core knows nothing of outcomes.
CREATE OR REPLACE FUNCTION complete_unless_armed(
    asked_purchase_id text,
    asked_user_id text,
    asked_mode text,
    asked purchase_order,
    step purchase_step,
    asked_pay_url text,
    asked_request_id text,
    OUT outcome_id bigint,
    OUT outcome text,
    OUT delay real,
    OUT verdict text,
    OUT differing text[],
    OUT event_type text,
    OUT previous_status text,
    OUT purchase json
) LANGUAGE plpgsql AS $$
DECLARE
    taken_outcome mock_outcomes := take_outcome(
        asked_purchase_id, asked_user_id, asked_mode, asked, step);
BEGIN
    IF taken_outcome.outcome_id IS NOT NULL THEN
        outcome_id := taken_outcome.outcome_id;
        outcome := taken_outcome.outcome;
        delay := taken_outcome.delay;
        RETURN;
    END IF;

    SELECT done.verdict, done.differing, done.event_type, done.previous_status, done.purchase
    INTO verdict, differing, event_type, previous_status, purchase
    FROM transition_purchase(asked_purchase_id, asked_user_id, asked_mode, asked, step,
        asked_pay_url, asked_request_id) AS done;
END;
$$;
