"""F10: reconcile, the metrics and the console tell the same, and that nobody has looked."""

from harness.live import live_app
from harness.types import Sql
from harness.watched import PUBLIC_URL, Watched

CHECKS = {"telegram", "webhook", "silence", "clock", "balance", "forwarding", "reconcile"}


def test_f10_where_all_is_well_nothing_is_named(watched: Watched) -> None:
    done = watched.reconcile()

    assert (done.exit_code, done.stderr) == (0, "")
    metrics = watched.metrics()
    assert {name: metrics[name] for name in CHECKS} == dict.fromkeys(CHECKS, 0)
    assert metrics["stars_telegram_answers"] == 1
    assert metrics["stars_telegram_webhook_in_order"] == 1
    assert metrics["stars_telegram_balance_stars"] == 0
    assert abs(metrics["stars_telegram_clock_ahead_seconds"]) < 5
    assert metrics["stars_reconcile_age_seconds"] < 60
    assert "<strong>" not in watched.console()


def test_f10_nobody_reconciling_is_told_too(watched: Watched) -> None:
    assert "reconcile: nobody has reconciled ever" in watched.console()
    watched.reconcile()
    assert "reconcile:" not in watched.console()

    watched.sql.execute("UPDATE health_checks SET checked_at = now() - interval '20 minutes'")

    assert "reconcile: nobody has reconciled for 20 minutes" in watched.console()
    metrics = watched.metrics()
    assert metrics["reconcile"] == 1
    assert metrics["stars_reconcile_age_seconds"] >= 1200


def test_f6_without_the_database_the_other_metrics_are_there() -> None:
    app = live_app("postgresql://postgres@127.0.0.1:1/none", "http://127.0.0.1:1")

    answer = app.test_client().get("/metrics")

    assert answer.status_code == 200
    assert "stars_request_seconds" in answer.text
    assert "stars_health_problem" not in answer.text
    app.extensions["stars"].db.close()


def test_f10_a_telegram_that_does_not_answer_is_named(url: str, sql: Sql) -> None:
    app = live_app(url, "http://127.0.0.1:1", public_url=PUBLIC_URL)
    watched = Watched(app, sql)

    done = watched.reconcile()

    assert done.exit_code == 1
    assert "  telegram: Telegram cannot be reached for getWebhookInfo" in done.stderr
    metrics = watched.metrics()
    assert (metrics["telegram"], metrics["stars_telegram_answers"]) == (1, 0)
    assert "stars_telegram_webhook_in_order" not in metrics
    assert "telegram: Telegram cannot be reached" in watched.console()
    app.extensions["stars"].payments.telegram.close()
    app.extensions["stars"].db.close()
