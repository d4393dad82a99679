"""Puts the service together: `create_app` is the only place that knows everything."""

from flask import Flask

from stars import logs
from stars.commands.database import db as database_commands
from stars.commands.endpoints import deliveries, endpoints
from stars.commands.funnel import measure_funnel
from stars.commands.items import items as item_commands
from stars.commands.keys import keys
from stars.commands.listen import listen
from stars.commands.purchase import purchase as purchase_commands
from stars.commands.rehearse import rehearse
from stars.commands.telegram import telegram
from stars.commands.trigger import trigger
from stars.commands.user import user
from stars.commands.worker import worker
from stars.config import Settings, settings_or_exit
from stars.database import embedded
from stars.database.pool import Database
from stars.domain.payments import Disabled, Payments
from stars.domain.service import Service
from stars.live.payments import LivePayments
from stars.live.telegram import Telegram
from stars.mock.payments import MockPayments
from stars.web import api, cors, nowhere, problems, requests
from stars.web.app import StarsApp
from stars.web.callers import users
from stars.web.routes import (
    analytics,
    backend,
    console,
    console_endpoint,
    console_endpoints,
    console_funnel,
    console_outcomes,
    console_purchase,
    console_stars,
    demo,
    docs,
    items,
    mock_outcomes,
    mock_subscriptions,
    operations,
    pay,
    purchase,
    relay,
    start,
    subscriptions,
    webhook,
)

COMMANDS = (
    purchase_commands,
    database_commands,
    item_commands,
    keys,
    user,
    endpoints,
    deliveries,
    worker,
    telegram,
    measure_funnel,
    rehearse,
    trigger,
    listen,
)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the service as a Flask app; without `settings` those of the environment.

    An environment that cannot work ends the process with exit code 2, naming every problem.
    """
    settings = settings or settings_or_exit()
    logs.configure(settings.log_level)
    app = StarsApp("stars", template_folder="web/templates", static_folder="web/static")
    app.config["MAX_CONTENT_LENGTH"] = requests.MAX_BODY_BYTES
    app.prefix = settings.prefix
    # On a platform nobody but its router reaches the service.
    app.trusts_anybody = settings.app_env != "development"
    app.extensions["stars"] = assemble_service(settings)
    problems.install(app)
    nowhere.install(app)
    users.install(app, settings)
    add_routes(app, settings)
    for command in COMMANDS:
        app.cli.add_command(command)
    if settings.cors_origins:
        cors.install(app, settings)
    return app


def assemble_service(settings: Settings) -> Service:
    """Return what routes and commands work with."""
    url = settings.database_url
    db = Database(lambda: url or embedded.start(), max_connections=settings.database_connections)
    return Service(settings, db, choose_payments(settings, db))


def choose_payments(settings: Settings, db: Database) -> Payments:
    """Return the one way to be paid that these settings ask for."""
    if settings.mode == "mock":
        return MockPayments(db, like_telegrams=settings.mock_links == "t.me")
    if settings.mode == "live":
        telegram = Telegram(
            settings.telegram_bot_token or "",
            settings.telegram_api_url,
            is_test=settings.telegram_test_environment,
        )
        return LivePayments(db, telegram, settings)
    return Disabled()


def add_routes(app: Flask, settings: Settings) -> None:
    """Register the routes that exist with these settings, so that none asks for the mode."""
    described = [
        items.blp,
        purchase.blp,
        subscriptions.blp,
        backend.blp,
        webhook.blp,
        relay.blp,
        analytics.blp,
        operations.blp,
    ]
    pages = [docs.blp, console.blp, console_purchase.blp, console_funnel.blp]
    pages += [console_endpoints.blp, console_endpoint.blp]
    send_script = demo.send_no_script
    if settings.mode == "mock":
        described += [mock_outcomes.blp, mock_subscriptions.blp]
        pages += [console_outcomes.blp, pay.blp, demo.blp]
        send_script = demo.send_mock_script
    if settings.mode == "live":
        pages.append(console_stars.blp)
    if settings.is_rehearsal:
        pages.append(demo.blp)
        send_script = demo.send_rehearsal_script
    if settings.app_env == "development":
        pages.append(start.blp)
    api.install(app, described)
    for blueprint in pages:
        app.register_blueprint(blueprint)
    app.add_url_rule("/mock/telegram-web-app.js", "web_app_script", send_script)
