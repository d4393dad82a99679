-- Health: what each reconciliation found of what stops sales, for the metrics and the console.
--
-- A command looks, and other processes tell: so the findings of the last look stand here, one row
-- a check. value is what its metric shows, NULL where it could not be found out.
CREATE TABLE health_checks (
    bot_id      bigint       NOT NULL,
    name        text         NOT NULL,
    value       double precision,
    problem     text,
    cure        text,
    checked_at  timestamptz  NOT NULL,
    PRIMARY KEY (bot_id, name),
    CONSTRAINT a_problem_has_a_cure CHECK ((problem IS NULL) = (cure IS NULL))
);

-- For the age of the last update, and to find those that are no longer kept.
CREATE INDEX telegram_updates_by_age ON telegram_updates (bot_id, received_at);
