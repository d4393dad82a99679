"""G26: no secret is in a log line or an answer."""

from harness.constants import API, BOT_TOKEN, WEBHOOK_SECRET
from harness.launch import launch_data
from harness.types import Serve

METRICS_TOKEN = "metrics-secret-1"
DATABASE_PASSWORD = "database-secret-1"


def test_g26_no_secret_is_ever_told(url: str, serve: Serve) -> None:
    """Whatever goes wrong: look for them in all that the process printed and answered."""
    data = launch_data()
    launched = f"tma {data}"
    secrets = (
        BOT_TOKEN,
        WEBHOOK_SECRET,
        METRICS_TOKEN,
        DATABASE_PASSWORD,
        data,
        data.rpartition("hash=")[2],
    )
    served = serve(
        DATABASE_URL=url.replace("postgres@", f"postgres:{DATABASE_PASSWORD}@"),
        MOCK_PAYMENTS="",
        TELEGRAM_STARS_ENABLED="true",
        TELEGRAM_BOT_TOKEN=BOT_TOKEN,
        TELEGRAM_WEBHOOK_SECRET=WEBHOOK_SECRET,
        METRICS_TOKEN=METRICS_TOKEN,
        LOG_LEVEL="DEBUG",
    )
    caller = served.person("alice")
    answers = [
        caller.send("GET", path, {"Authorization": authorization})
        for path, authorization in (
            (f"{API}/p1", launched),
            (f"{API}/p1", f"{launched}x"),
            (f"{API}/p1?tgWebAppData={data}", launched),
            ("/metrics", "Bearer metrics-secret-2"),
            (f"/metrics?token={METRICS_TOKEN}", "Bearer"),
            ("/readyz", ""),
        )
    ]
    answers.append(caller.post(API, {"purchase_id": "p1"}, Authorization=launched))
    answers.append(caller.post(f"{API}/invoice", {"purchase_id": data}, Authorization=launched))
    served.stop()

    assert served.lines("request")
    for secret in secrets:
        assert secret not in served.output()
        for answer in answers:
            assert secret not in answer.text
