-- For how many seconds one payment of an item lasts; NULL if it is sold once.
--
-- The mock sells anything while there is no catalogue: then an item whose id begins with monthly-
-- is a subscription, so that one can be tried without a catalogue.
CREATE OR REPLACE FUNCTION period_of_item(of_item text, in_mode text) RETURNS integer
    LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN EXISTS (SELECT FROM items)
            THEN (SELECT subscription_period FROM items WHERE item_id = of_item)
        WHEN in_mode = 'mock' AND of_item LIKE 'monthly-%' THEN 2592000
    END
$$;
