-- The affiliate that a transaction names, NULL if it names none. Its `amount` is the affiliate's
-- commission, below zero if that went back: https://core.telegram.org/bots/api#affiliateinfo
CREATE OR REPLACE FUNCTION transaction_affiliate(body json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE(body #> '{source,affiliate}', body #> '{receiver,affiliate}')
$$;
