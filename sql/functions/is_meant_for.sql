-- True if an armed outcome is meant for this purchase: the one place that says so. What the outcome
-- does not name may be anything.
CREATE OR REPLACE FUNCTION is_meant_for(
    armed mock_outcomes,
    by_user text,
    of_item text,
    of_purchase text
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE(armed.user_id = by_user, true)
        AND COALESCE(armed.item_id = of_item, true)
        AND COALESCE(armed.purchase_id = of_purchase, true)
$$;
