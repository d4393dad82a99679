-- Retention: how subscriptions come and go, and how long those stay who begin.
--
-- Rule kept here: who is there at a moment follows from the dates (S2). What happened in a window
-- is read from the events.

-- name: count_subscriptions(mode, since, until)^
-- Of the window [since, until): those that are paid at its end; those that began, were renewed (how
-- often) and were canceled in it; those that ended in it, and were not paid further until today.
WITH its AS (
    SELECT purchase_id, started_at, ends_at FROM subscriptions WHERE mode = :mode
),
happened AS (
    SELECT event_type
    FROM its JOIN events USING (purchase_id)
    WHERE created_at >= :since::timestamptz AND created_at < :until::timestamptz
        AND event_type IN ('subscription_renewed', 'subscription_canceled')
)
SELECT
    (SELECT count(*) FROM its WHERE started_at < :until AND ends_at > :until),
    (SELECT count(*) FROM its WHERE started_at >= :since AND started_at < :until),
    (SELECT count(*) FROM happened WHERE event_type = 'subscription_renewed'),
    (SELECT count(*) FROM happened WHERE event_type = 'subscription_canceled'),
    (SELECT count(*) FROM its
        WHERE ends_at >= :since AND ends_at < :until AND ends_at <= clock_timestamp());

-- name: list_cohorts(mode, periods)
-- Of those who began in one month (UTC), and for each of their first periods: how many can be in it
-- by now, and how many are or were. A renewal is told some time after the end: whoever has a tenth
-- of a period was there.
WITH its AS (
    SELECT
        date_trunc('month', started_at, 'UTC') AS month, started_at, ends_at,
        make_interval(secs => subscription_period) AS period
    FROM subscriptions JOIN purchases USING (purchase_id)
    WHERE subscriptions.mode = :mode
        AND started_at > clock_timestamp() - interval '13 months'
)
SELECT
    to_char(month AT TIME ZONE 'UTC', 'YYYY-MM'),
    number,
    count(*),
    count(*) FILTER (WHERE ends_at > started_at + period * (number - 0.9))
FROM its CROSS JOIN generate_series(1, :periods::integer) AS number
WHERE started_at + period * (number - 1) <= clock_timestamp()
GROUP BY month, number
ORDER BY month, number;
