-- What the bot sells that is not ours is left alone: nothing of it is recorded, and nothing goes
-- back. Until now it was, when Telegram's update was faster than its list of transactions. What
-- was to go back and has not is forgotten here; telegram_updates and star_transactions keep it.

DELETE FROM refunds
USING charges
WHERE refunds.telegram_payment_charge_id = charges.telegram_payment_charge_id
    AND verdict = 'unknown_purchase' AND refunded_at IS NULL;

DELETE FROM charges WHERE verdict = 'unknown_purchase' AND refunded_at IS NULL;
