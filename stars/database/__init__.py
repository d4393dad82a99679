"""The way to PostgreSQL: a pool, the named statements, migrations, an embedded server."""
