-- Seed: purchases with made-up histories, to develop and to measure with.
--
-- Rule kept here: they are written past the domain, many in a statement, and yet are the same rows
-- and events that it would have written: find_contradictions finds nothing.

-- name: set_seed(seed)$
-- The random() of the statements that follow on this connection gives the same again for the same
-- seed, -1 to 1.
SELECT setseed(:seed);

-- name: seed_purchases(run, seeded_at, days, total, first, last)!
-- The purchases first to last of total, spread over the days before seeded_at, busiest in the
-- evening (UTC). A history is a word: I invoice, S succeeded, F failed, R reopened. What would lie
-- after seeded_at has not happened.
WITH
-- What is sold, how often an invoice is paid, and how long that takes.
offer (
    number, item_id, purchase_type, price_stars, conversion, usual_seconds
) AS (VALUES
    (1, 'stars-100', 'stars_pack', 100, 0.75, 9),
    (2, 'stars-500', 'stars_pack', 500, 0.62, 14),
    (3, 'golden-sword', 'cosmetic', 50, 0.55, 21),
    (4, 'dragon-skin', 'cosmetic', 250, 0.38, 48),
    (5, 'double-xp', 'boost', 25, 0.66, 6),
    (6, 'season-boost', 'boost', 300, 0.29, 95),
    (7, 'gift', 'unknown', 10, 0.45, 30)
),
meaning (letter, status, event_type) AS (VALUES
    ('I', 'pending', 'purchase_invoice_created'),
    ('R', 'pending', 'purchase_invoice_reopened'),
    ('S', 'succeeded', 'purchase_succeeded'),
    ('F', 'failed', 'purchase_failed')
),
-- The last day, counted from 1970 with its part that is over.
present AS (
    SELECT extract(epoch FROM :seeded_at::timestamptz) / 86400 AS day
),
drawn_purchase AS MATERIALIZED (
    SELECT
        n,
        'seed-' || :run::text || '-' || n AS purchase_id,
        1 + floor(7 * random() ^ 1.3) AS number,
        'player-' || floor(5000 * random() ^ 2) AS user_id,
        (ARRAY['shop', 'shop', 'shop', 'ad', 'ad', 'friend', NULL])[ceil(7 * random())] AS source,
        (ARRAY['main-menu', 'main-menu', 'after-battle', 'push', NULL])[ceil(5 * random())]
            AS channel,
        present.day - :days::integer * (1 - (n - random()) / :total::integer) AS day,
        random() AS luck,
        random() AS fate
    FROM generate_series(:first::integer, :last::integer) AS n
    CROSS JOIN present
),
-- Each with its history. The sine keeps their order, so that rows lie as time would have laid them.
planned_purchase AS (
    SELECT
        n, purchase_id, user_id, item_id, price_stars, purchase_type, source, channel,
        usual_seconds,
        to_timestamp(86400 * (
            drawn.day - 0.09 * (
                sin(2 * pi() * (drawn.day - 0.8)) - sin(2 * pi() * (present.day - 0.8)))
        )) AS created_at,
        CASE
            WHEN luck > 0.93
                THEN (ARRAY['S', 'SF', 'SFR', 'SFRS', 'SFS'])[
                    1 + width_bucket(fate, ARRAY[0.8, 0.85, 0.9, 0.95])]
            WHEN luck / 0.93 < conversion
                    * CASE source WHEN 'ad' THEN 0.6 WHEN 'friend' THEN 1.2 ELSE 1 END
                THEN (ARRAY['IS', 'IFRS', 'IFS', 'IFRFRS', 'ISF'])[
                    1 + width_bucket(fate, ARRAY[0.9, 0.95, 0.98, 0.99])]
            ELSE (ARRAY['I', 'IF', 'IFR', 'IFRF'])[
                    1 + width_bucket(fate, ARRAY[0.6, 0.92, 0.97])]
        END AS word
    FROM drawn_purchase AS drawn
    JOIN offer USING (number)
    CROSS JOIN present
),
-- Each letter of a history. The times between them are log-normal.
planned_step AS MATERIALIZED (
    SELECT
        n,
        version,
        letter,
        CASE version
            WHEN 1 THEN 0
            ELSE usual_seconds
                * exp(1.1 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))
        END AS seconds
    FROM planned_purchase
    CROSS JOIN LATERAL
        unnest(string_to_array(word, NULL)) WITH ORDINALITY AS step (letter, version)
),
dated_step AS (
    SELECT
        n, version, letter, status, event_type,
        lag(status) OVER history AS previous_status,
        created_at + sum(seconds) OVER history * interval '1 second' AS at
    FROM planned_step
    JOIN planned_purchase USING (n)
    JOIN meaning USING (letter)
    WINDOW history AS (PARTITION BY n ORDER BY version)
),
past_step AS MATERIALIZED (
    SELECT
        n, version, letter, status, event_type, previous_status, at,
        max(at) FILTER (WHERE status = 'pending') OVER (PARTITION BY n ORDER BY version)
            AS invoiced_at
    FROM dated_step
    WHERE at <= :seeded_at
),
new_purchase AS (
    INSERT INTO purchases (
        purchase_id, user_id, item_id, price_stars, purchase_type, status, mode, source, channel,
        metadata, version, created_at, invoiced_at, succeeded_at, failed_at)
    SELECT
        purchase_id, user_id, item_id, price_stars, purchase_type,
        (array_agg(status ORDER BY version DESC))[1],
        'mock', source, channel, '{}',
        max(version),
        created_at,
        max(at) FILTER (WHERE status = 'pending'),
        max(at) FILTER (WHERE status = 'succeeded'),
        max(at) FILTER (WHERE status = 'failed')
    FROM planned_purchase JOIN past_step USING (n)
    GROUP BY
        n, purchase_id, user_id, item_id, price_stars, purchase_type, source, channel, created_at
    ORDER BY n
)
INSERT INTO events (purchase_id, version, event_type, user_id, request_id, created_at, payload)
SELECT
    planned.purchase_id, past.version, event_type, planned.user_id, 'seed-' || :run, at,
    event_payload(its_purchase, event_type, previous_status, at, '{}'::json)
FROM past_step AS past
JOIN planned_purchase AS planned USING (n)
-- The purchase as it was then, as far as a payload tells of it.
CROSS JOIN LATERAL jsonb_populate_record(
    NULL::purchases, to_jsonb(planned) || jsonb_build_object('invoiced_at', past.invoiced_at)
) AS its_purchase
ORDER BY n, past.version;
