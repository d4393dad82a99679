-- What sale_refusal tells, in the words of the release before, whose code still calls this while
-- both run. Nothing of this release does; the next one drops it.
CREATE OR REPLACE FUNCTION catalogue_refusal(
    in_mode text,
    of_item text,
    at_price integer,
    of_type text
) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT CASE verdict
        WHEN 'not_for_sale' THEN 'item_not_for_sale'
        ELSE array_to_string(differing, ' ')
    END
    FROM sale_refusal(in_mode, of_item, at_price, of_type)
$$;
