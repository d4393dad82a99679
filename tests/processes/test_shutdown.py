"""G18: SIGTERM under load cuts nobody off."""

import signal
import threading
from typing import Any

import psycopg
import pytest
import requests
from harness.constants import API, SWORD
from harness.types import Serve, Sql
from harness.waiting import blocked, eventually, in_background


@pytest.mark.parametrize("keep_alive", [True, False])
def test_g18_sigterm_under_load_cuts_nobody_off(
    url: str, sql: Sql, serve: Serve, keep_alive: bool
) -> None:
    served = serve(DATABASE_URL=url)
    served.person("alice").invoice("slow")
    outcomes: list[Any] = []
    started = threading.Event()

    def hammer(number: int) -> None:
        session = requests.Session()
        for count in range(100_000):
            body = {"purchase_id": f"p-{number}-{count}", **SWORD}
            try:
                caller: Any = session if keep_alive else requests
                answer = caller.post(
                    served.address + API, json=body, headers={"X-User-Id": "alice"}, timeout=30
                )
                outcomes.append(answer.status_code)
            except requests.ConnectionError as gone:
                if not refused_or_closed_before(gone):
                    outcomes.append(repr(gone))
                break
            if count == 20:
                started.set()
        session.close()

    with psycopg.connect(url) as holder:
        holder.execute("SELECT FROM purchases WHERE purchase_id = 'slow' FOR UPDATE")
        slow: list[Any] = []
        waiting = in_background(
            lambda: slow.append(served.person("alice").purchase("slow").status_code)
        )
        eventually(lambda: blocked(sql))
        hammers = [threading.Thread(target=hammer, args=[number]) for number in range(6)]
        for one in hammers:
            one.start()
        started.wait(20)
        served.process.send_signal(signal.SIGTERM)
        eventually(lambda: served.lines("Handling signal: term"))
        holder.commit()
    waiting.join()
    for one in hammers:
        one.join()

    assert slow == [200]
    assert served.process.wait(15) == 0  # though other connections are still open
    assert set(outcomes) == {200}
    assert (
        len(outcomes)
        == sql.execute("SELECT count(*) FROM purchases WHERE purchase_id <> 'slow'").fetchone()[0]
    )


def refused_or_closed_before(gone: requests.ConnectionError) -> bool:
    """Tell whether the request never reached the service: no listener, or an idle connection."""
    return any(
        said in repr(gone)
        for said in ("Connection refused", "RemoteDisconnected", "Connection reset by peer")
    )
