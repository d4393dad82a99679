"""The way to PostgreSQL: a pool, the named statements, migrations, and a server of its own for development."""
