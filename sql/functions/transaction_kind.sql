-- What one of Telegram's transactions is, in one word; NULL if nobody knows. The types are those
-- of Bot API 10.3: https://core.telegram.org/bots/api#transactionpartner
--
-- An invoice is a sale, or its refund: only that has to be explained by a charge. What Telegram
-- calls "other" is known to Telegram alone.
CREATE OR REPLACE FUNCTION transaction_kind(body json) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE partner ->> 'type'
        WHEN 'user' THEN CASE COALESCE(partner ->> 'transaction_type', 'invoice_payment')
            WHEN 'invoice_payment' THEN 'invoice'
            WHEN 'paid_media_payment' THEN 'paid_media'
            WHEN 'gift_purchase' THEN 'gift'
            WHEN 'premium_purchase' THEN 'premium'
            WHEN 'business_account_transfer' THEN 'business_transfer'
        END
        WHEN 'chat' THEN 'chat_gift'
        WHEN 'affiliate_program' THEN 'affiliate_program'
        WHEN 'fragment' THEN 'withdrawal'
        WHEN 'telegram_ads' THEN 'ads'
        WHEN 'telegram_api' THEN 'broadcasts'
    END
    FROM (SELECT COALESCE(body -> 'source', body -> 'receiver')) AS other_side (partner)
$$;
