-- Why a purchase is not the one that is asked for: no row when it is.
--
-- Another's purchase comes first, since nobody else may learn more of it; then another mode's.
-- differing names the terms that are not the same. A NULL in what is asked is not compared.
CREATE OR REPLACE FUNCTION terms_refusal(
    its purchases,
    asked_user_id text,
    asked_mode text,
    asked purchase_order
) RETURNS TABLE (verdict text, differing text[]) LANGUAGE sql IMMUTABLE AS $$
    SELECT verdict, CASE verdict WHEN 'mode_mismatch' THEN ARRAY['mode'] ELSE differing END
    FROM (
        SELECT array_remove(ARRAY[
            CASE WHEN its.item_id <> asked.item_id THEN 'item_id' END,
            CASE WHEN its.price_stars <> asked.price_stars THEN 'price_stars' END,
            CASE WHEN its.purchase_type <> asked.purchase_type THEN 'purchase_type' END
        ], NULL) AS differing
    ) AS compared
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN its.user_id <> asked_user_id THEN 'user_mismatch'
            WHEN its.mode <> asked_mode THEN 'mode_mismatch'
            WHEN differing <> '{}' THEN 'terms_mismatch'
        END AS verdict
    ) AS judged
    WHERE verdict IS NOT NULL
$$;
