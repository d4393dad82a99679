-- The trigger that keeps events append-only: no console, script or later release can change or
-- delete one. The one exception is a user who has to be forgotten: called by forget_user() alone,
-- and for nothing but that.
CREATE OR REPLACE FUNCTION refuse_to_rewrite_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    callers text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        GET DIAGNOSTICS callers = PG_CONTEXT;
        IF callers ~ '\nPL/pgSQL function (\w+\.)?forget_user\(' AND forgets_a_user(OLD, NEW) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END;
$$;
