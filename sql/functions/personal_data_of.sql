-- Every row that names a user, as the table that has it. What Telegram said is found apart: in
-- documents, which no statement can search as well as stars/live/kept_documents.py.
--
-- A new table that names users has to be added here, and to forget_user.
CREATE OR REPLACE FUNCTION personal_data_of(its_user text)
    RETURNS TABLE (table_name text, contents json) LANGUAGE sql STABLE AS $$
    SELECT 'purchases', row_to_json(purchases)
    FROM purchases
    WHERE user_id = its_user
    UNION ALL
    SELECT 'events', row_to_json(events)
    FROM events JOIN purchases USING (purchase_id)
    WHERE purchases.user_id = its_user
    UNION ALL
    SELECT 'charges', row_to_json(charges)
    FROM charges
    WHERE payer_id = its_user
    UNION ALL
    SELECT 'subscriptions', row_to_json(subscriptions)
    FROM subscriptions
    WHERE user_id = its_user
    UNION ALL
    SELECT 'subscription_edits', row_to_json(subscription_edits)
    FROM subscription_edits JOIN charges USING (telegram_payment_charge_id)
    WHERE payer_id = its_user
    UNION ALL
    SELECT 'refunds', row_to_json(refunds)
    FROM refunds JOIN charges USING (telegram_payment_charge_id)
    WHERE payer_id = its_user
    UNION ALL
    SELECT 'mock_outcomes', row_to_json(mock_outcomes)
    FROM mock_outcomes
    WHERE user_id = its_user
    UNION ALL
    SELECT 'deliveries', row_to_json(deliveries)
    FROM deliveries JOIN purchases USING (purchase_id)
    WHERE user_id = its_user
$$;
