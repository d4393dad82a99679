-- An amount of Telegram's in parts of a Star, 10^9 to one; 0 if there is none. What it tells as
-- `amount` and `nanostar_amount` has one sign.
CREATE OR REPLACE FUNCTION nanostars_of(document json) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE((document ->> 'amount')::numeric, 0) * 1000000000
        + COALESCE((document ->> 'nanostar_amount')::numeric, 0)
$$;
