"""Puts the service together: `create_app` is the only place that knows everything."""

import sys
from hashlib import sha256

from flask import Flask
from itsdangerous import Signer

from stars.config import THREADS, ConfigurationError, Settings
from stars.database.pool import Database
from stars.domain.payments import Disabled, Payments
from stars.domain.service import Service
from stars.live.payments import LivePayments
from stars.live.telegram import Telegram
from stars.mock.payments import MockPayments

OPENAPI = {
    "API_TITLE": "Telegram Stars payments",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/",
    "OPENAPI_SWAGGER_UI_PATH": "/docs",
    "OPENAPI_SWAGGER_UI_URL": "/docs/assets/",
    "OPENAPI_SWAGGER_UI_CONFIG": {"tryItOutEnabled": True, "defaultModelsExpandDepth": -1},
    "API_SPEC_OPTIONS": {
        "info": {
            "description": (
                "The flow, to be tried here from top to bottom: open a call and press *Execute*; everything it needs is filled in. "
                "In mock mode you are whoever `X-User-Id` says; elsewhere press *Authorize* and give `tma <initData>`. "
                "Every call may be sent again: what has happened is answered once more, with `Idempotent-Replayed: true`."
            )
        }
    },
}


def create_app(settings: Settings | None = None) -> Flask:
    """The service as a Flask app; without `settings` those of the environment.

    An environment that cannot work ends the process with exit code 2, naming every problem.
    """
    # Imported here, not above: gunicorn reads stars.serve first, which prepares what stars.metrics finds at its import.
    from flask_cors import CORS

    from stars import logs
    from stars.commands import cli, cli_live
    from stars.commands.keys import keys
    from stars.commands.rehearse import rehearse
    from stars.database import embedded
    from stars.web import http
    from stars.web.routes.analytics import blp as analytics
    from stars.web.routes.console import blp as console
    from stars.web.routes.health import blp as health
    from stars.web.routes.health import docs_asset
    from stars.web.routes.mock import blp as mock
    from stars.web.routes.pay import blp as pay
    from stars.web.routes.purchase import blp as purchase
    from stars.web.routes.webhook import blp as webhook

    settings = settings or settings_or_exit()
    logs.configure(settings.log_level)
    app = Flask("stars", template_folder="web/templates", static_folder="web/static")
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.config |= {"MAX_CONTENT_LENGTH": http.MAX_BODY_BYTES, **OPENAPI}
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]  # none is a coroutine, so none needs a look
    url = settings.database_url
    db = Database(lambda: url or embedded.start(), max_connections=THREADS)
    app.extensions["stars"] = Service(settings, db, choose_payments(settings, db))
    http.install(app, (purchase, webhook, mock, analytics, health))
    for pages in (pay, console):  # no part of the API that /docs shows
        app.register_blueprint(pages)
    app.add_url_rule("/docs/assets/<path:name>", view_func=docs_asset)
    app.cli.add_command(cli.purchase)
    app.cli.add_command(cli.db)
    app.cli.add_command(cli_live.items)
    app.cli.add_command(cli_live.telegram)
    app.cli.add_command(cli.measure_funnel)
    app.cli.add_command(keys)
    app.cli.add_command(rehearse)
    if settings.cors_origins:
        CORS(
            app,
            origins=list(settings.cors_origins),
            max_age=600,
            resources=r"/(?!console|api/v1/analytics).*",  # what the staff sees no other page may read
            allow_headers=[
                "Authorization",
                "Content-Type",
                "X-Mock-Delay",
                "X-Mock-Outcome",
                "X-Request-Id",
                "X-User-Id",
            ],
            expose_headers=["Idempotent-Replayed", "Retry-After", "X-Request-Id"],
        )
    return app


def choose_payments(settings: Settings, db: Database) -> Payments:
    """Return the one way to be paid that these settings ask for."""
    if settings.mode == "mock":
        links = Signer(settings.signing_key, salt="mock-pay", digest_method=sha256)
        return MockPayments(db, links)
    if settings.mode == "live":
        telegram = Telegram(settings.telegram_bot_token or "", settings.telegram_api_url)
        return LivePayments(db, telegram, settings.telegram_webhook_secret or "")
    return Disabled()


def settings_or_exit() -> Settings:
    """The settings of the environment; when they cannot work, their problems on stderr and exit code 2."""
    try:
        return Settings.from_environment()
    except ConfigurationError as wrong:
        print(wrong, file=sys.stderr)
        sys.exit(2)
