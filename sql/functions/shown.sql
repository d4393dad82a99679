-- An armed outcome as it is shown to whoever armed it. match holds what it was armed for, and
-- nothing else.
CREATE OR REPLACE FUNCTION shown(armed mock_outcomes) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'outcome_id', armed.outcome_id,
        'match', json_strip_nulls(json_build_object(
            'user_id', armed.user_id,
            'item_id', armed.item_id,
            'purchase_id', armed.purchase_id)),
        'outcome', armed.outcome,
        'delay', armed.delay,
        'times', armed.times,
        'taken', armed.taken,
        'created_at', armed.created_at)
$$;
