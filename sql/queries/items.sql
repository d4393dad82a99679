-- Items: the catalogue, of what a purchase may be and for how many Stars.
--
-- Rule kept here: an item is never deleted, since a purchase of it may still need its title. That
-- nothing else is sold is kept by sale_refusal (sql/functions), inside transition_purchase.

-- name: import_items(items)^
-- Add or change all of these, or none; the others stay as they are. Tells how many are new, and how
-- many changed.
WITH
given_item AS (
    SELECT
        item_id, title, description, price_stars, purchase_type, photo_url, active,
        subscription_period
    FROM json_to_recordset(:items::json) AS given (
        item_id text,
        title text,
        description text,
        price_stars integer,
        purchase_type text,
        photo_url text,
        active boolean,
        subscription_period integer)
),
new_item AS (
    SELECT item_id
    FROM given_item
    WHERE NOT EXISTS (SELECT FROM items WHERE items.item_id = given_item.item_id)
),
-- Those that are new and those that differ.
written_item AS (
    INSERT INTO items (
        item_id, title, description, price_stars, purchase_type, photo_url, active,
        subscription_period)
    SELECT
        item_id, title, description, price_stars, purchase_type, photo_url, active,
        subscription_period
    FROM given_item
    ON CONFLICT (item_id) DO UPDATE SET
        title = excluded.title,
        description = excluded.description,
        price_stars = excluded.price_stars,
        purchase_type = excluded.purchase_type,
        photo_url = excluded.photo_url,
        active = excluded.active,
        subscription_period = excluded.subscription_period
    WHERE (items.title, items.description, items.price_stars, items.purchase_type,
            items.photo_url, items.active, items.subscription_period)
        IS DISTINCT FROM (excluded.title, excluded.description, excluded.price_stars,
            excluded.purchase_type, excluded.photo_url, excluded.active,
            excluded.subscription_period)
    RETURNING item_id
),
new_count AS (
    SELECT count(*) AS number FROM new_item
),
written_count AS (
    SELECT count(*) AS number FROM written_item
)
SELECT new_count.number, written_count.number - new_count.number
FROM new_count CROSS JOIN written_count;

-- name: list_items(item_id)
-- All, or with an item_id just that one.
SELECT json_build_object(
    'item_id', item_id,
    'title', title,
    'description', description,
    'price_stars', price_stars,
    'purchase_type', purchase_type,
    'photo_url', photo_url,
    'active', active,
    'subscription_period', subscription_period)
FROM items
WHERE :item_id::text IS NULL OR item_id = :item_id
ORDER BY item_id;

-- name: deactivate_item(item_id)!
-- No longer for sale. What was invoiced before can still be paid.
UPDATE items SET active = false WHERE item_id = :item_id;
