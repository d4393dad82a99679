-- The moment of a purchase's next event, asked for once the purchase is locked.
--
-- Not now(), which is when the transaction began: after waiting for a lock it lies about the order.
-- Never behind what the row already tells, even if the server's clock has stepped back.
CREATE OR REPLACE FUNCTION next_moment(known purchases) RETURNS timestamptz
    LANGUAGE sql VOLATILE AS $$
    SELECT GREATEST(
        clock_timestamp(),
        known.created_at,
        known.invoiced_at,
        known.succeeded_at,
        known.failed_at,
        known.refunded_at,
        known.payment_refused_at,
        known.fulfilled_at,
        known.subscription_event_at)
$$;
