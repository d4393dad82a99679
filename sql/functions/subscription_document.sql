-- A subscription as the contract shows it: the one place that makes its document.
CREATE OR REPLACE FUNCTION subscription_document(its subscriptions, purchase purchases)
RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'purchase_id', its.purchase_id,
        'user_id', its.user_id,
        'item_id', its.item_id,
        'price_stars', purchase.price_stars,
        'period', purchase.subscription_period,
        'mode', its.mode,
        'state', subscription_state(its),
        'started_at', its.started_at,
        'ends_at', its.ends_at,
        'renewals', its.renewals,
        'canceled_at', LEAST(its.canceled_at, its.stopped_at),
        'canceled_by', CASE
            WHEN its.stopped_at IS NOT NULL THEN its.stopped_by
            WHEN its.canceled_at IS NOT NULL THEN 'telegram'
        END,
        'payment_failed_at', its.payment_failed_at)
$$;
