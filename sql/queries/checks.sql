-- Checks: what must always be true of purchases, events and charges.
--
-- Rule kept here: a row that comes back is a promise broken (G19).

-- name: find_contradictions()
-- Replays every history and holds it against the row it should have led to.
WITH
-- Every event, with the status that it leads to.
told AS (
    SELECT
        purchase_id, version, event_type, user_id, created_at, payload,
        CASE event_type
            WHEN 'purchase_invoice_created' THEN 'pending'
            WHEN 'purchase_invoice_reopened' THEN 'pending'
            WHEN 'purchase_succeeded' THEN 'succeeded'
            WHEN 'purchase_failed' THEN 'failed'
            WHEN 'purchase_refunded' THEN 'refunded'
            ELSE payload ->> 'previous_status'
        END AS status
    FROM events
),
-- Every event, with what it should follow.
history AS (
    SELECT
        purchase_id, version, event_type, user_id, created_at, payload, status,
        row_number() OVER stream AS expected_version,
        lag(created_at) OVER stream AS previous_at,
        lag(status) OVER stream AS previous_status
    FROM told
    WINDOW stream AS (PARTITION BY purchase_id ORDER BY version)
),
-- Every purchase, as its events say it is.
replayed_purchase AS (
    SELECT
        purchase_id,
        max(version) AS version,
        (array_agg(status ORDER BY version DESC))[1] AS status,
        min(created_at) AS created_at,
        max(created_at) FILTER (WHERE event_type IN (
            'purchase_invoice_created', 'purchase_invoice_reopened')) AS invoiced_at,
        max(created_at) FILTER (WHERE event_type = 'purchase_succeeded') AS succeeded_at,
        max(created_at) FILTER (WHERE event_type = 'purchase_failed') AS failed_at,
        max(created_at) FILTER (WHERE event_type = 'purchase_refunded') AS refunded_at,
        max(created_at) FILTER (WHERE event_type = 'purchase_payment_refused')
            AS payment_refused_at,
        max(created_at) FILTER (WHERE event_type = 'purchase_fulfilled') AS fulfilled_at,
        max(payload ->> 'reference') FILTER (WHERE event_type = 'purchase_fulfilled')
            AS fulfilment_reference,
        max(created_at) FILTER (WHERE event_type ~ '^subscription_') AS subscription_event_at
    FROM history
    GROUP BY purchase_id
)
SELECT purchase_id, version, 'versions do not run 1, 2, 3 without gaps' AS problem
FROM history
WHERE version <> expected_version
UNION ALL
SELECT purchase_id, version, 'created_at runs backwards'
FROM history
WHERE created_at < previous_at
UNION ALL
SELECT purchase_id, version, 'a step the lifecycle does not have'
FROM history
WHERE (event_type, COALESCE(previous_status, 'none')) NOT IN (VALUES
    ('purchase_invoice_created', 'none'),
    ('purchase_invoice_reopened', 'failed'),
    ('purchase_succeeded', 'none'),
    ('purchase_succeeded', 'pending'),
    ('purchase_succeeded', 'failed'),
    ('purchase_failed', 'pending'),
    ('purchase_failed', 'succeeded'),
    ('purchase_refunded', 'succeeded'),
    ('purchase_fulfilled', 'succeeded'),
    ('purchase_payment_refused', 'pending'),
    ('purchase_payment_refused', 'failed'),
    ('purchase_payment_refused', 'succeeded'),
    ('purchase_payment_refused', 'refunded'),
    ('subscription_started', 'succeeded'))
    AND NOT (
        event_type ~ '^subscription_' AND event_type <> 'subscription_started'
        AND previous_status IN ('succeeded', 'failed', 'refunded'))
    AND NOT (event_type = 'purchase_user_forgotten' AND version > 1)
UNION ALL
SELECT purchase_id, version, 'previous_status is not what the history says'
FROM history
WHERE event_type <> 'purchase_invoice_created'
    AND payload ->> 'previous_status' IS DISTINCT FROM previous_status
UNION ALL
SELECT purchase_id, history.version, 'the event tells of another purchase than the row'
FROM history JOIN purchases USING (purchase_id)
WHERE (
        history.user_id,
        payload ->> 'purchase_id',
        payload ->> 'item_id',
        payload ->> 'price_stars',
        payload ->> 'purchase_type')
    IS DISTINCT FROM (
        purchases.user_id,
        purchase_id,
        item_id,
        price_stars::text,
        purchase_type)
UNION ALL
SELECT purchase_id, purchases.version, 'the row is not where its history ends'
FROM purchases LEFT JOIN replayed_purchase AS replayed USING (purchase_id)
WHERE (
        replayed.version,
        replayed.status,
        replayed.created_at,
        replayed.invoiced_at,
        replayed.succeeded_at,
        replayed.failed_at,
        replayed.refunded_at,
        replayed.payment_refused_at,
        replayed.fulfilled_at,
        replayed.fulfilment_reference,
        replayed.subscription_event_at)
    IS DISTINCT FROM (
        purchases.version,
        purchases.status,
        purchases.created_at,
        purchases.invoiced_at,
        purchases.succeeded_at,
        purchases.failed_at,
        purchases.refunded_at,
        purchases.payment_refused_at,
        purchases.fulfilled_at,
        purchases.fulfilment_reference,
        purchases.subscription_event_at)
ORDER BY purchase_id, version, problem;

-- name: find_unaccounted()
-- Holds the charges against the purchases: every one settled its purchase, went back, or is queued
-- to. What is wrong with a charge that has no purchase is told under its own id.
WITH
charge AS (
    SELECT
        telegram_payment_charge_id, purchase_id, invoice_payload, payer_id, currency, amount,
        verdict, refunded_at, requested_at, done_at
    FROM charges LEFT JOIN refunds USING (telegram_payment_charge_id)
),
-- What the charges have done to purchases, by the charges.
due_event AS (
    SELECT
        telegram_payment_charge_id,
        purchase_id,
        CASE verdict
            WHEN 'settled' THEN 'purchase_succeeded'
            WHEN 'renewed' THEN 'subscription_renewed'
            ELSE 'purchase_payment_refused'
        END AS event_type
    FROM charge
    WHERE purchase_id IS NOT NULL
    UNION ALL
    SELECT telegram_payment_charge_id, purchase_id, 'purchase_refunded'
    FROM charge
    WHERE verdict = 'settled' AND refunded_at IS NOT NULL
    UNION ALL
    SELECT telegram_payment_charge_id, purchase_id, 'subscription_refunded'
    FROM charge JOIN subscriptions USING (purchase_id)
    WHERE verdict IN ('settled', 'renewed') AND refunded_at IS NOT NULL
),
-- The same, by the events.
told_event AS (
    SELECT
        payload ->> 'telegram_payment_charge_id' AS telegram_payment_charge_id,
        purchase_id,
        event_type
    FROM events
    WHERE event_type NOT IN ('purchase_invoice_created', 'subscription_started')
        AND payload ->> 'telegram_payment_charge_id' IS NOT NULL
),
contradiction AS (
    SELECT purchase_id, 'paid for real, and no charge settled it' AS problem
    FROM purchases
    WHERE mode = 'live'
        AND status IN ('succeeded', 'refunded')
        AND NOT EXISTS (
            SELECT FROM charge
            WHERE charge.purchase_id = purchases.purchase_id AND verdict = 'settled')
    UNION ALL
    SELECT purchase_id, 'more than one charge settled it'
    FROM charge
    WHERE verdict = 'settled'
    GROUP BY purchase_id
    HAVING count(*) > 1
    UNION ALL
    SELECT purchase_id, 'the charge that settled it does not fit'
    FROM charge JOIN purchases USING (purchase_id)
    WHERE verdict = 'settled'
        AND (invoice_payload, payer_id, currency, amount, 'live', charge.refunded_at IS NOT NULL)
        IS DISTINCT FROM
            (purchase_id, user_id, 'XTR', price_stars::bigint, mode, status = 'refunded')
    UNION ALL
    SELECT
        COALESCE(purchase_id, telegram_payment_charge_id),
        'a charge that was refused is neither back nor queued'
    FROM charge
    WHERE verdict NOT IN ('settled', 'renewed')
        AND refunded_at IS NULL AND requested_at IS NULL
    UNION ALL
    SELECT
        COALESCE(purchase_id, telegram_payment_charge_id),
        'its refund is done in one place and not in the other'
    FROM charge
    WHERE requested_at IS NOT NULL AND (refunded_at IS NULL) <> (done_at IS NULL)
    UNION ALL
    SELECT purchase_id, 'the history tells of other charges'
    FROM due_event
    FULL JOIN told_event USING (telegram_payment_charge_id, purchase_id, event_type)
    WHERE due_event IS NULL OR told_event IS NULL
)
SELECT purchase_id, version, problem
FROM contradiction LEFT JOIN purchases USING (purchase_id)
ORDER BY purchase_id, problem;

-- name: find_subscription_contradictions()
-- Replays the events of every subscription and holds them against its row, and against the charges
-- that paid for it.
WITH
-- Every event of a subscription, with the end that held before it.
told AS (
    SELECT
        purchase_id, version, event_type, created_at,
        (payload ->> 'ends_at')::timestamptz AS ends_at,
        lag((payload ->> 'ends_at')::timestamptz) OVER stream AS previous_end
    FROM events
    WHERE event_type ~ '^subscription_'
    WINDOW stream AS (PARTITION BY purchase_id ORDER BY version)
),
-- When each mark was set or taken away for the last time.
last_word AS (
    SELECT
        purchase_id,
        (array_agg(ends_at ORDER BY version DESC))[1] AS ends_at,
        max(created_at) FILTER (WHERE event_type = 'subscription_started') AS started_at,
        count(*) FILTER (WHERE event_type = 'subscription_renewed') AS renewals,
        max(version) FILTER (WHERE event_type = 'subscription_expired') AS expired,
        max(version) FILTER (WHERE event_type = 'subscription_started'
            OR event_type = 'subscription_renewed' AND ends_at > previous_end) AS paid,
        max(version) FILTER (WHERE event_type = 'subscription_canceled') AS canceled,
        max(version) FILTER (WHERE event_type IN (
            'subscription_started', 'subscription_resumed')) AS resumed,
        max(version) FILTER (WHERE event_type = 'subscription_payment_failed') AS failed
    FROM told
    GROUP BY purchase_id
),
-- What the charges that were kept have paid.
paid_period AS (
    SELECT purchase_id, count(*) FILTER (WHERE verdict = 'renewed') AS renewals
    FROM charges
    WHERE verdict IN ('settled', 'renewed')
    GROUP BY purchase_id
),
contradiction AS (
    SELECT purchase_id, 'the subscription is not where its history ends' AS problem
    FROM subscriptions AS its FULL JOIN last_word AS replayed USING (purchase_id)
    WHERE (
            replayed.ends_at,
            replayed.started_at,
            replayed.renewals,
            COALESCE(expired > paid, false),
            COALESCE(canceled > resumed, false),
            COALESCE(failed > GREATEST(resumed, paid), false))
        IS DISTINCT FROM (
            its.ends_at,
            its.started_at,
            its.renewals,
            its.expired_at IS NOT NULL,
            COALESCE(its.canceled_at, its.stopped_at) IS NOT NULL,
            its.payment_failed_at IS NOT NULL)
    UNION ALL
    SELECT purchase_id, 'it was renewed more or less often than it was paid'
    FROM subscriptions AS its JOIN paid_period USING (purchase_id)
    WHERE its.mode = 'live' AND its.renewals <> paid_period.renewals
    UNION ALL
    SELECT purchase_id, 'it was paid, and there is no subscription'
    FROM purchases LEFT JOIN subscriptions USING (purchase_id)
    WHERE subscription_period IS NOT NULL
        AND status IN ('succeeded', 'refunded')
        AND subscriptions.purchase_id IS NULL
)
SELECT purchase_id, version, problem
FROM contradiction LEFT JOIN purchases USING (purchase_id)
ORDER BY purchase_id, problem;
