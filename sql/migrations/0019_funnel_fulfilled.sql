-- The funnel's last step: what was handed out, and how long that took after it was paid.
--
-- The hours that are counted know nothing of it, so they are counted anew: until the worker has done
-- that, every hour is counted from its events.
DELETE FROM funnel_hours;

-- fulfil_times are the milliseconds from the payment to the handing out, sorted; NULL for none.
ALTER TABLE funnel_counts
    ADD COLUMN fulfilled integer NOT NULL DEFAULT 0,
    ADD COLUMN fulfil_times bigint[];

-- funnel_invoices takes its place.
DROP FUNCTION IF EXISTS invoices_between(timestamptz, timestamptz);
