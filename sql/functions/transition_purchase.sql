-- The core of the service: lock a purchase, judge what is asked of it, change it, write the event.
--
-- Makes the purchase step.to_status: a known one if it is in one of step.from_statuses, an unknown
-- one if step.event_if_new names the event of that. A NULL in what is asked is not judged. Nothing
-- changes without its event, and the row that comes back says what was found and done:
--   verdict          one of stars.domain.types.Verdict
--   differing        the fields that refuse it, if any
--   event_type       the event that was written; NULL when nothing changed
--   previous_status  what the purchase was before; NULL for a new one
--   purchase         its document as it is now; NULL when there is none
--
-- In PL/pgSQL, since only the branch that is taken costs anything, and since PostgreSQL keeps the
-- plans, also behind a pooler that allows no prepared statements (benchmarks/statement.py).
CREATE OR REPLACE FUNCTION transition_purchase(
    asked_purchase_id text,
    asked_user_id text,
    asked_mode text,
    asked purchase_order,
    step purchase_step,
    asked_pay_url text,
    asked_request_id text,
    OUT verdict text,
    OUT differing text[],
    OUT event_type text,
    OUT previous_status text,
    OUT purchase json
) LANGUAGE plpgsql AS $$
DECLARE
    locked_purchase purchases;
    new_purchase purchases;
    changed_purchase purchases;
BEGIN
    -- Whoever else wants to change this purchase waits here, and then sees what became of it.
    SELECT * INTO locked_purchase
    FROM purchases WHERE purchase_id = asked_purchase_id FOR UPDATE;

    IF NOT FOUND AND step.event_if_new IS NULL THEN
        verdict := 'unknown';
        RETURN;
    END IF;

    IF NOT FOUND THEN
        -- What is new has to be what the catalogue offers.
        SELECT refusal.verdict, refusal.differing INTO verdict, differing
        FROM sale_refusal(
            asked_mode, asked.item_id, asked.price_stars, asked.purchase_type) AS refusal;
        IF FOUND THEN
            RETURN;
        END IF;

        new_purchase := make_purchase(
            asked_purchase_id, asked_user_id, asked_mode, asked, step,
            asked_pay_url, asked_request_id);
        IF new_purchase.purchase_id IS NOT NULL THEN
            verdict := 'changed';
            event_type := step.event_if_new;
            purchase := purchase_document(new_purchase);
            RETURN;
        END IF;

        -- Another first request was faster, and has committed by now.
        SELECT * INTO locked_purchase
        FROM purchases WHERE purchase_id = asked_purchase_id FOR UPDATE;
    END IF;

    SELECT refusal.verdict, refusal.differing INTO verdict, differing
    FROM terms_refusal(locked_purchase, asked_user_id, asked_mode, asked) AS refusal;

    IF verdict IS NULL THEN
        verdict := CASE
            WHEN locked_purchase.status = ANY (step.from_statuses) THEN 'changed'
            ELSE 'unchanged'
        END;
    END IF;

    -- Stars that were paid are given back, not written off.
    IF verdict = 'changed' AND step.to_status = 'failed'
        AND locked_purchase.mode = 'live' AND locked_purchase.status = 'succeeded' THEN
        verdict := 'paid_live';
    END IF;

    -- What is to be paid after all has to be what the catalogue offers now.
    IF verdict = 'changed' AND step.to_status = 'pending' THEN
        SELECT refusal.verdict, refusal.differing INTO verdict, differing
        FROM sale_refusal(
            locked_purchase.mode, locked_purchase.item_id,
            locked_purchase.price_stars, locked_purchase.purchase_type) AS refusal;
        verdict := COALESCE(verdict, 'changed');
    END IF;

    IF verdict <> 'changed' THEN
        purchase := purchase_document(locked_purchase);
        RETURN;
    END IF;

    changed_purchase := change_purchase(
        locked_purchase, asked, step, asked_pay_url, asked_request_id);
    event_type := step.event_if_known;
    previous_status := locked_purchase.status;
    purchase := purchase_document(changed_purchase);
END;
$$;
