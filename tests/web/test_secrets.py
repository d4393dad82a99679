"""G26: no secret is in a log line or an answer."""

from harness.constants import API, BOT_TOKEN, WEBHOOK_SECRET
from harness.launch import launch_data
from harness.types import Serve


def test_g26_no_secret_is_ever_told(url: str, serve: Serve) -> None:
    """Whatever goes wrong: look for the secrets in everything the process printed and every answer it gave."""
    data = launch_data()
    secrets = [
        BOT_TOKEN,
        WEBHOOK_SECRET,
        "metrics-secret-1",
        "database-secret-1",
        data.rpartition("hash=")[2],
        data,
    ]
    address = url.replace("postgres:@", "postgres:database-secret-1@")
    served = serve(
        DATABASE_URL=address,
        MOCK_PAYMENTS="",
        TELEGRAM_STARS_ENABLED="true",
        TELEGRAM_BOT_TOKEN=BOT_TOKEN,
        TELEGRAM_WEBHOOK_SECRET=WEBHOOK_SECRET,
        METRICS_TOKEN="metrics-secret-1",
        LOG_LEVEL="DEBUG",
    )
    told = []
    caller = served.person("alice")
    for path, authorization in (
        (f"{API}/p1", f"tma {data}"),
        (f"{API}/p1", f"tma {data}x"),
        (f"{API}/p1?tgWebAppData={data}", f"tma {data}"),
        ("/metrics", "Bearer metrics-secret-2"),
        ("/metrics?token=metrics-secret-1", "Bearer"),
        ("/readyz", ""),
    ):
        told.append(caller.send("GET", path, {"Authorization": authorization}).text)
    told.append(caller.post(API, {"purchase_id": "p1"}, Authorization=f"tma {data}").text)
    told.append(
        caller.post(f"{API}/invoice", {"purchase_id": data}, Authorization=f"tma {data}").text
    )
    served.stop()
    assert served.lines("request")
    for secret in secrets:
        assert secret not in served.output()
        assert not any(secret in answer for answer in told[:-1])
