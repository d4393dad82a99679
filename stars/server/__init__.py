"""The kind of gunicorn worker the service runs on. Knows HTTP, and nothing of payments."""
