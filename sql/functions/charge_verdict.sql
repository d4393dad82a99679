-- What is to be judged of a charge: 'settled' if its purchase was not paid yet, 'renewed' if it
-- pays for one more period of a subscription, else why it is refused.
--
-- Rule kept here: a renewal is never refused for being a second payment (S1). Telegram does not
-- always say which charge is one, and tells of them in any order. So a second payment is told by
-- its time: it pays for a period of which another charge has paid more than a tenth.
CREATE OR REPLACE FUNCTION charge_verdict(
    its purchases,
    payer_id text,
    currency text,
    amount bigint,
    recurrence text,
    paid_until timestamptz,
    already_refunded boolean
) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN already_refunded THEN 'refunded_first'
        WHEN payment_refusal(its, payer_id, currency, amount) IS NOT NULL
            THEN payment_refusal(its, payer_id, currency, amount)
        WHEN its.status NOT IN ('succeeded', 'refunded') THEN 'settled'
        WHEN its.subscription_period IS NULL THEN 'already_paid'
        WHEN recurrence = 'renewal' THEN 'renewed'
        -- Its Stars went back: whoever pays the old link anew begins nothing.
        WHEN recurrence = 'first' AND its.status = 'refunded' THEN 'already_paid'
        WHEN EXISTS (
            SELECT FROM charges AS other
            WHERE other.purchase_id = its.purchase_id
                AND other.verdict IN ('settled', 'renewed')
                AND other.refunded_at IS NULL
                AND abs(extract(epoch FROM other.paid_until - charge_verdict.paid_until))
                    < its.subscription_period * 0.9
        ) THEN 'already_paid'
        ELSE 'renewed'
    END
$$;
