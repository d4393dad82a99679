-- Migrate: what is asked of a database before anything is changed in it. The ledgers are read by
-- migrate.py itself, since they need not exist yet.

-- name: server_version()$
SELECT current_setting('server_version');
