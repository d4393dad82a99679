"""The Telegram Stars payment service. `create_app` is the only place where its parts are put together."""

import sys

from flask import Flask

from stars.config import THREADS, ConfigurationError, Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The service as a Flask app.

    Args:
        settings: read from the environment when left out; a configuration that cannot work then ends the process
            with exit code 2, naming every problem.

    """
    # Imported here, not above: gunicorn reads stars.serve first, which prepares what stars.metrics finds at its import.
    from flask_cors import CORS

    from stars import cli, embedded, http, logs, metrics
    from stars.db import Database
    from stars.routes.health import blp as health
    from stars.routes.purchase import blp as purchase
    from stars.routes.webhook import blp as webhook

    if settings is None:
        settings = settings_or_exit()
    logs.configure(settings.log_level)
    metrics.install()

    app = Flask(__name__)
    app.config |= {
        "MAX_CONTENT_LENGTH": http.MAX_BODY_BYTES,
        "API_TITLE": "Telegram Stars payments",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
        "OPENAPI_SWAGGER_UI_PATH": "/docs",
        "OPENAPI_SWAGGER_UI_URL": "/docs/assets/",
        "OPENAPI_SWAGGER_UI_CONFIG": {"tryItOutEnabled": True, "persistAuthorization": True},
    }
    app.ensure_sync = lambda view: view  # type: ignore[method-assign]  # no view is a coroutine, so none is asked
    app.json.sort_keys = False  # type: ignore[attr-defined]  # fields in the contract's order
    database_url = settings.database_url
    db = Database(lambda: database_url or embedded.start(), max_connections=THREADS)
    app.extensions["stars"] = http.Service(settings, db)

    http.install(app)
    api = http.Api(app)
    for blueprint in (purchase, webhook, health):
        api.register_blueprint(blueprint)
    cli.install(app)
    if settings.cors_origins:
        CORS(
            app,
            origins=list(settings.cors_origins),
            allow_headers=["Authorization", "Content-Type", "X-Request-Id", "X-User-Id"],
            expose_headers=["Idempotent-Replayed", "Retry-After", "X-Request-Id"],
            max_age=600,
        )
    return app


def settings_or_exit() -> Settings:
    """The settings of the environment; when they cannot work, their problems on stderr and exit code 2."""
    try:
        return Settings.from_environment()
    except ConfigurationError as wrong:
        print(wrong, file=sys.stderr)
        sys.exit(2)
