"""Workers under gunicorn: their logs, their counts, their death, their memory."""

import json
import re

from harness.constants import API, SWORD
from harness.types import Serve
from harness.waiting import eventually, together


def test_under_gunicorn_every_line_is_json_and_all_workers_count(url: str, serve: Serve) -> None:
    served = serve(DATABASE_URL=url, WEB_CONCURRENCY="3", METRICS_TOKEN="let-me-in")
    together(*(lambda n=n: served.person("alice").purchase(f"p{n}", **SWORD) for n in range(30)))
    caller = served.person("alice")
    assert caller.send("POST", f"{API}/webhook", {}, {"update_id": 1}).json == {
        "status": "accepted"
    }

    import requests

    closed = requests.get(f"{served.address}/metrics", timeout=5)
    assert (closed.status_code, closed.headers["WWW-Authenticate"]) == (401, "Bearer")
    opened = requests.get(
        f"{served.address}/metrics", headers={"Authorization": "Bearer let-me-in"}, timeout=5
    )
    assert opened.headers["Content-Type"].startswith("text/plain")
    assert 'stars_purchase_outcomes_total{name="purchase_succeeded"} 30.0' in opened.text
    assert re.search(
        rf'stars_request_seconds_count{{method="POST",route="{API}",status="200"}} 30.0',
        opened.text,
    )

    assert served.stop() == 0
    lines = [json.loads(line) for line in served.output().splitlines()]
    assert all({"timestamp", "level", "logger", "message"} <= line.keys() for line in lines)
    assert {"gunicorn.error", "stars.request", "stars.domain.purchases", "stars.serve"} <= {
        line["logger"] for line in lines
    }
    succeeded = [line for line in lines if line["message"] == "purchase_succeeded"]
    assert len({line["request_id"] for line in succeeded}) == 30


def test_a_killed_worker_is_replaced_and_its_counts_stay(url: str, serve: Serve) -> None:
    served = serve(DATABASE_URL=url, WEB_CONCURRENCY="1")
    served.person("alice").purchase("p1", **SWORD)
    old = served.workers()[0]
    old.kill()
    eventually(
        lambda: (
            [worker.pid for worker in served.workers()] not in ([], [old.pid])
            and served.answers("/livez")
        )
    )

    import requests

    assert (
        'name="purchase_succeeded"} 1.0'
        in requests.get(f"{served.address}/metrics", timeout=5).text
    )


def test_a_worker_stays_under_40_mb_of_its_own(url: str, serve: Serve) -> None:
    served = serve(DATABASE_URL=url)
    together(*(lambda n=n: served.person("alice").purchase(f"p{n}", **SWORD) for n in range(50)))
    for worker in served.workers():
        assert worker.memory_full_info().uss < 40 * 2**20
