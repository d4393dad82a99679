-- Why a payment does not fit its purchase: another payer, currency or amount. NULL when it fits.
CREATE OR REPLACE FUNCTION payment_refusal(
    its purchases,
    payer_id text,
    currency text,
    amount bigint
) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN its.user_id <> payer_id THEN 'wrong_payer'
        WHEN currency <> 'XTR' THEN 'wrong_currency'
        WHEN its.price_stars <> amount THEN 'wrong_amount'
    END
$$;
