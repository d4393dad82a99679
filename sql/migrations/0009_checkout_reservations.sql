-- Reservations: while one checkout of a purchase may still be charged, no other is approved.
--
-- They stand in the purchase's own row: whoever waits for its lock then judges the newest version
-- of it, so two checkouts at once cannot both find the purchase free.

-- checkout_reserved_at: when the checkout checkout_query_id was approved last. How long that holds
-- is the service's setting. It ends early when the purchase is paid or has failed.
ALTER TABLE purchases
    ADD COLUMN checkout_query_id text,
    ADD COLUMN checkout_reserved_at timestamptz,
    ADD CONSTRAINT reserved_for_a_query CHECK (
        (checkout_query_id IS NULL) = (checkout_reserved_at IS NULL));
