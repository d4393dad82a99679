-- Identifiers: . and .. are none. Every client takes them out of an address before it sends that
-- (RFC 3986, 5.2.4), so nobody could look at such a purchase again.
--
-- NOT VALID: reads no table, and says nothing of what is there already.
ALTER DOMAIN identifier ADD CONSTRAINT identifiers_can_be_addressed
    CHECK (VALUE NOT IN ('.', '..')) NOT VALID;
