-- Why the catalogue does not let this be sold: no row when it does.
--
-- differing names the fields in which the catalogue says otherwise. A NULL is not compared.
-- Where no money is real, an empty catalogue lets everything be sold.
CREATE OR REPLACE FUNCTION sale_refusal(
    asked_mode text,
    asked_item_id text,
    asked_price_stars integer,
    asked_purchase_type text
) RETURNS TABLE (verdict text, differing text[]) LANGUAGE sql STABLE AS $$
    SELECT
        CASE WHEN active THEN 'catalogue_mismatch' ELSE 'not_for_sale' END,
        array_remove(ARRAY[
            CASE WHEN active AND price_stars <> asked_price_stars THEN 'price_stars' END,
            CASE WHEN active AND purchase_type <> asked_purchase_type THEN 'purchase_type' END
        ], NULL)
    FROM (SELECT) AS asked
    LEFT JOIN items ON item_id = asked_item_id
    WHERE (active IS NOT TRUE
            OR price_stars <> asked_price_stars
            OR purchase_type <> asked_purchase_type)
        AND (asked_mode = 'live' OR EXISTS (SELECT FROM items))
$$;
