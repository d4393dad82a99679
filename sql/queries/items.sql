-- Items: the catalogue, of what a purchase may be and for how much.
-- It is enforced elsewhere: by catalogue_refusal (a function of the migrations), inside transition_purchase.

-- name: import_items(items)^
-- Add or change all of these, or none; the others stay as they are.
WITH given AS (
    SELECT * FROM json_to_recordset(:items::json) AS one (
        item_id text, title text, description text, price_stars integer, purchase_type text, photo_url text, active boolean)
),
known AS (
    SELECT count(*) AS number FROM given JOIN items USING (item_id)
),
imported AS (
    INSERT INTO items AS item (item_id, title, description, price_stars, purchase_type, photo_url, active)
    SELECT item_id, title, description, price_stars, purchase_type, photo_url, active FROM given
    ON CONFLICT (item_id) DO UPDATE SET title = excluded.title, description = excluded.description,
        price_stars = excluded.price_stars, purchase_type = excluded.purchase_type, photo_url = excluded.photo_url,
        active = excluded.active
    WHERE (item.title, item.description, item.price_stars, item.purchase_type, item.photo_url, item.active)
        IS DISTINCT FROM (excluded.title, excluded.description, excluded.price_stars, excluded.purchase_type,
            excluded.photo_url, excluded.active)
    RETURNING item_id
)
SELECT (SELECT count(*) FROM given) - number, (SELECT count(*) FROM imported) - (SELECT count(*) FROM given) + number
FROM known;

-- name: list_items(item_id)
-- All, or with an item_id just that one.
SELECT row_to_json(shown) FROM (
    SELECT item_id, title, description, price_stars, purchase_type, photo_url, active
    FROM items WHERE :item_id::text IS NULL OR item_id = :item_id ORDER BY item_id
) AS shown;

-- name: deactivate_item(item_id)!
-- No longer for sale. What was invoiced before can still be paid.
UPDATE items SET active = false WHERE item_id = :item_id;
