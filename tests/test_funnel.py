"""The funnel: exact numbers, held against a count by hand; its faces, who may look, and the purchases made up for it."""

import json
import math
import random
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from harness.constants import SWORD
from harness.people import Person, person

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import funnel
from stars.errors import InvalidQuery
from stars.schemas.funnel import DIMENSIONS

FUNNEL = "/api/v1/analytics/funnel"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MS = timedelta(milliseconds=1)
STATUS = {"I": "pending", "R": "pending", "S": "succeeded", "F": "failed"}
EVENT = {
    "I": "purchase_invoice_created",
    "R": "purchase_invoice_reopened",
    "S": "purchase_succeeded",
    "F": "purchase_failed",
}
WORDS = [
    "I",
    "IS",
    "IF",
    "IFR",
    "IFRS",
    "IFS",
    "ISF",
    "ISFRS",
    "IFRFRS",
    "ISFR",
    "S",
    "SF",
    "SFR",
    "SFRS",
    "SFS",
    "SFRF",
]


@pytest.fixture
def db(url: str) -> Any:
    """The service's way to the test's database."""
    db = Database(lambda: url, max_connections=1)
    yield db
    db.close()


def write(
    sql: psycopg.Connection[Any], purchase_id: str, word: str, *times: datetime, **fields: Any
) -> None:
    """A purchase that came to be at other times than now: each letter of `word` is an event at one of `times`."""
    row = {
        "purchase_id": purchase_id,
        "user_id": "alice",
        **SWORD,
        "mode": "mock",
        "source": None,
        "channel": None,
    }
    row |= {
        **fields,
        "status": STATUS[word[-1]],
        "version": len(word),
        "created_at": times[0],
        "metadata": "{}",
    }
    row |= dict.fromkeys(("invoiced_at", "succeeded_at", "failed_at"))
    events = []
    for version, (letter, at) in enumerate(zip(word, times, strict=True), 1):
        row[{"pending": "invoiced_at"}.get(STATUS[letter], f"{STATUS[letter]}_at")] = at
        payload = {
            name: row[name] for name in ("purchase_id", "item_id", "price_stars", "purchase_type")
        }
        if letter != "I":
            payload["previous_status"] = STATUS[word[version - 2]] if version > 1 else None
        if letter == "S":
            payload["invoice_to_purchase_ms"] = (
                (at - row["invoiced_at"]) // MS if row["invoiced_at"] else None
            )
        events.append(
            (purchase_id, version, EVENT[letter], json.dumps(payload), row["user_id"], at)
        )
    names = ", ".join(row)
    with sql.transaction():
        sql.execute(
            f"INSERT INTO purchases ({names}) VALUES ({', '.join(f'%({name})s' for name in row)})",
            row,
        )
        sql.cursor().executemany(
            "INSERT INTO events (purchase_id, version, event_type, payload, user_id, request_id, created_at)"
            " VALUES (%s, %s, %s, %s, %s, 'test', %s)",
            events,
        )


def by_hand(
    sql: psycopg.Connection[Any], since: datetime, until: datetime, by: str | None, mode: str
) -> dict[str, Any]:
    """The funnel counted from the events one by one, in plain Python; of the row only what no event tells."""
    rows = sql.execute(
        "SELECT purchase_id, event_type, payload, e.created_at, mode, source, channel FROM events AS e"
        " JOIN purchases USING (purchase_id) ORDER BY purchase_id, e.version"
    ).fetchall()
    histories: dict[str, list[Any]] = {}
    for row in rows:
        histories.setdefault(row[0], []).append(row)
    length = until - since
    told: dict[bool, list[tuple[str | None, str, int | None]]] = {False: [], True: []}
    for history in histories.values():
        _, first, payload, created, its_mode, source, channel = history[0]
        if (
            first != "purchase_invoice_created"
            or its_mode != mode
            or not since - length <= created < until
        ):
            continue
        before = created < since
        seen = created + length if before else created
        key = (
            {
                "purchase_type": payload["purchase_type"],
                "source": source,
                "channel": channel,
                "day": seen.astimezone(UTC).date().isoformat(),
            }[by]
            if by
            else None
        )
        told[before].append((key, history[-1][1], history[-1][2].get("invoice_to_purchase_ms")))

    def figures(ends: list[tuple[str | None, str, int | None]]) -> dict[str, Any]:
        times = sorted(
            ms
            for _, event_type, ms in ends
            if event_type == "purchase_succeeded" and ms is not None
        )
        count = {
            letter: sum(event_type == EVENT[letter] for _, event_type, _ in ends)
            for letter in "IRSF"
        }
        return {
            "created": len(ends),
            "completed": count["S"],
            "failed": count["F"],
            "open": count["I"] + count["R"],
            "conversion": count["S"] / len(ends) if ends else None,
            **{
                f"p{p}_ms": times[math.ceil(len(times) * p / 100) - 1] if times else None
                for p in (50, 90, 95)
            },
        }

    def compared(key: str | None = None, total: bool = False) -> dict[str, Any]:
        now, before = (
            [one for one in told[when] if total or one[0] == key] for when in (False, True)
        )
        return figures(now) | {"before": figures(before)}

    def within(low: int, high: float, before: bool) -> int:
        return sum(
            event_type == EVENT["S"] and low <= ms < high for _, event_type, ms in told[before]
        )

    keys = {key for ends in told.values() for key, _, _ in ends} if by else set()
    if by == "day":
        keys |= {(since + timedelta(days=n)).date().isoformat() for n in range(length.days + 1)} | {
            (until - timedelta(microseconds=1)).date().isoformat()
        }
        keys -= {
            key
            for key in keys
            if not since.date().isoformat() <= key <= (until - MS / 1000).date().isoformat()
        }
    return {
        "total": compared(total=True),
        "groups": {key: compared(key) for key in keys},
        "histogram": [
            {
                "from_ms": low,
                "to_ms": high,
                "count": within(low, high or math.inf, False),
                "before": within(low, high or math.inf, True),
            }
            for low, high in pairwise([0, *funnel.BOUNDS, None])
        ],
    }


def agrees(
    db: Database, sql: psycopg.Connection[Any], since: datetime, until: datetime, mode: str = "mock"
) -> int:
    """Hold the funnel against the count by hand, for every dimension; how many invoices there were."""
    created = 0
    for by in (None, *DIMENSIONS):
        found = funnel.measure(db, mode=mode, since=since, until=until, by=by)
        expected = by_hand(sql, since, until, by, mode)
        groups = {group.pop("key"): group for group in found["groups"]}
        assert (found["total"], groups, found["histogram"]) == tuple(expected.values()), by
        assert list(groups) == (
            sorted(groups)
            if by == "day"
            else sorted(
                groups,
                key=lambda key: (
                    -groups[key]["created"],
                    -groups[key]["before"]["created"],
                    key or "",
                ),
            )
        )
        created = found["total"]["created"]
    return created


def test_g35_the_numbers_are_those_counted_by_hand(
    db: Database, sql: psycopg.Connection[Any]
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    for number in range(300):
        word = draw.choice(WORDS)
        at = (
            NOON
            + draw.choice([1, 0, -1, -2]) * timedelta(days=7)
            + draw.choice([0, 1])
            * timedelta(microseconds=draw.choice([-1, 0, draw.randrange(7 * 24 * 3600 * 10**6)]))
        )
        times = [at]
        for _ in word[1:]:
            times.append(
                times[-1] + draw.choice([MS, 999 * MS, 1000 * MS, draw.lognormvariate(9, 2.5) * MS])
            )
        write(
            sql,
            f"p{number}",
            word,
            *times,
            source=draw.choice(["shop", "ad", None]),
            channel=draw.choice(["a", "b", None]),
            purchase_type=draw.choice(["boost", "cosmetic"]),
            mode=draw.choice(["mock", "mock", "mock", "live"]),
        )
    week = timedelta(days=7)
    assert agrees(db, sql, NOON, NOON + week) > 10
    assert agrees(db, sql, NOON, NOON + week, "live") > 1
    agrees(db, sql, NOON - week, NOON)
    agrees(db, sql, NOON.replace(hour=0), NOON.replace(hour=0) + week)
    for _ in range(5):
        since = NOON + timedelta(seconds=draw.randrange(-10 * 86400, 7 * 86400))
        agrees(db, sql, since, since + timedelta(seconds=draw.randrange(1, 10 * 86400)))
    sql.execute("UPDATE purchases SET mode = 'mock'")  # as live ones they would lack their charges


def test_g35_the_numbers_of_what_was_really_bought_are_those_counted_by_hand(
    app: Any, db: Database, console: Any, sql: psycopg.Connection[Any]
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    since = datetime.now(UTC)
    for _ in range(150):
        who, purchase_id = person(app, draw.choice(["alice", "bob"])), f"p{draw.randrange(40)}"
        offer = {
            "purchase_type": draw.choice(["boost", "cosmetic"]),
            **draw.choice([{}, {"source": "shop"}]),
        }
        match draw.randrange(6):
            case 0 | 1 | 2:
                who.invoice(purchase_id, **offer)
            case 3:
                who.purchase(purchase_id)
            case 4:
                who.purchase(purchase_id, item_id="sword", price_stars=5)
            case 5:
                console("purchase", "fail", purchase_id)
    assert agrees(db, sql, since, datetime.now(UTC)) > 5
    until = datetime.now(UTC)
    agrees(db, sql, until - (until - since) / 2, until)


def total(db: Database, since: datetime, until: datetime) -> tuple[int, int]:
    """How many invoices were created in the window, and in the one before."""
    found = funnel.measure(db, mode="mock", since=since, until=until)["total"]
    return found["created"], found["before"]["created"]


def test_g35_a_window_begins_with_its_first_microsecond_and_ends_before_its_last(
    db: Database, sql: psycopg.Connection[Any]
) -> None:
    write(sql, "p1", "I", NOON)
    tick, hour = timedelta(microseconds=1), timedelta(hours=1)
    assert total(db, NOON, NOON + hour) == (1, 0)
    assert total(db, NOON + tick, NOON + hour) == (0, 1)
    assert total(db, NOON - hour, NOON) == (0, 0)
    assert total(db, NOON - hour, NOON + tick) == (1, 0)
    assert total(db, NOON + hour, NOON + 2 * hour) == (0, 1)
    assert total(db, NOON + hour + tick, NOON + 2 * hour + 2 * tick) == (0, 1)
    assert total(db, NOON + hour + tick, NOON + 2 * hour + tick) == (0, 0)


@pytest.mark.parametrize(
    ("word", "created", "ended", "ms"),
    [
        ("I", 1, "open", None),
        ("IS", 1, "completed", 1000),
        ("IFRS", 1, "completed", 1000),
        ("IFS", 1, "completed", 2000),
        ("IFR", 1, "open", None),
        ("ISF", 1, "failed", None),
        ("IFRFRS", 1, "completed", 1000),
        ("S", 0, None, None),
        ("SFRS", 0, None, None),
        ("SFR", 0, None, None),
    ],
)
def test_g35_a_retry_is_one_buyer_and_a_purchase_without_an_invoice_is_none(
    db: Database,
    sql: psycopg.Connection[Any],
    word: str,
    created: int,
    ended: str | None,
    ms: int | None,
) -> None:
    """The end is followed however long after the window it comes; the time is that of the attempt that succeeded."""
    times = [
        NOON + timedelta(days=30 * (number > 0), seconds=number) for number in range(len(word))
    ]
    times = [NOON + timedelta(seconds=number) for number in range(len(word))] if ms else times
    write(sql, "p1", word, *times)
    found = funnel.measure(db, mode="mock", since=NOON, until=NOON + timedelta(microseconds=1))[
        "total"
    ]
    assert {name: found[name] for name in ("created", "completed", "failed", "open")} == {
        "created": created,
        "completed": 0,
        "failed": 0,
        "open": 0,
        **({ended: 1} if ended else {}),
    }
    assert found["p50_ms"] == found["p95_ms"] == ms


def test_every_day_of_the_window_is_told_and_stands_beside_that_of_the_window_before(
    db: Database, sql: psycopg.Connection[Any]
) -> None:
    write(sql, "p1", "IS", NOON, NOON + timedelta(seconds=1))
    write(sql, "p0", "I", NOON - timedelta(days=3))
    since, until = NOON - timedelta(hours=12), NOON + timedelta(days=2, hours=12)
    found = funnel.measure(db, mode="mock", since=since, until=until, by="day")["groups"]
    assert [(day["key"], day["created"], day["before"]["created"]) for day in found] == [
        ("2026-03-10", 1, 1),
        ("2026-03-11", 0, 0),
        ("2026-03-12", 0, 0),
    ]
    assert [day["conversion"] for day in found] == [1.0, None, None]


def test_no_more_groups_come_than_somebody_can_read(
    db: Database, sql: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(funnel, "MOST_GROUPS", 2)
    for number, source in enumerate([None, None, None, "b", "b", "c", "d"]):
        write(sql, f"p{number}", "I", NOON, source=source)
    found = funnel.measure(db, mode="mock", since=NOON, until=NOON + MS, by="source")
    assert [(group["key"], group["created"]) for group in found["groups"]] == [(None, 3), ("b", 2)]
    assert (found["groups_left_out"], found["total"]["created"]) == (2, 7)


@pytest.mark.parametrize(
    "length", [timedelta(0), timedelta(seconds=-1), timedelta(days=366, microseconds=1)]
)
def test_an_empty_or_endless_window_is_refused(db: Database, length: timedelta) -> None:
    with pytest.raises(InvalidQuery) as refused:
        funnel.measure(db, mode="mock", since=NOON, until=NOON + length)
    assert list(refused.value.extra["errors"]) == ["since"]
    assert total(db, NOON, NOON + timedelta(days=366)) == (0, 0)


def test_both_windows_are_one_round_trip_that_reads_no_table_whole(
    app: Any, console: Any, sql: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    console("db", "seed", "20000")
    params = {"since": NOON, "until": NOON, "by": "source", "mode": "mock", "bounds": funnel.BOUNDS}
    params["until"] = datetime.now(UTC)
    for days in (0.1, 1):
        params["since"] = params["until"] - timedelta(days=days)
        for mode in ("force_custom_plan", "force_generic_plan"):
            sql.execute(f"SET plan_cache_mode = {mode}")
            plan = sql.execute(
                f"EXPLAIN {queries.measure_funnel.sql}", params, prepare=True
            ).fetchall()
            assert "purchases_by_created_at" in str(plan)
            assert "Seq Scan" not in str(plan), mode

    client, sent = app.test_client(), []
    client.get(FUNNEL)  # the connection is open
    original = psycopg.Cursor.execute
    monkeypatch.setattr(
        psycopg.Cursor, "execute", lambda *args, **kw: sent.append(args[1]) or original(*args, **kw)
    )
    assert client.get(FUNNEL, query_string={"by": "day"}).json["total"]["created"] > 0
    assert len(sent) == 1


def test_the_api_tells_what_the_domain_tells(alice: Person, app: Any, console: Any) -> None:
    alice.invoice("p1", source="shop")
    alice.purchase("p1")
    alice.invoice("p2", source="shop")
    alice.invoice("p3")
    answer = app.test_client().get(FUNNEL, query_string={"by": "source"})
    assert answer.status_code == 200
    assert [(group["key"], group["completed"]) for group in answer.json["groups"]] == [
        ("shop", 1),
        (None, 0),
    ]
    window = [datetime.fromisoformat(answer.json[name]) for name in ("since", "until")]
    assert window[1] - window[0] == timedelta(days=7)
    assert abs(window[1] - datetime.now(UTC)) < timedelta(minutes=1)

    document = app.test_client().get("/openapi.json").json["paths"][FUNNEL]["get"]
    example = document["responses"]["200"]["content"]["application/json"]["example"]

    def shape(value: Any) -> Any:
        return (
            {name: shape(one) for name, one in value.items()} if isinstance(value, dict) else None
        )

    assert shape(answer.json) == shape(example)
    assert shape(answer.json["groups"][0]) == shape(example["groups"][0])
    assert [list(step) for step in answer.json["histogram"]] == [
        list(step) for step in example["histogram"]
    ]
    told = console(
        "funnel",
        "--by",
        "source",
        "--json",
        "--since",
        answer.json["since"],
        "--until",
        answer.json["until"],
    )
    assert json.loads(told.stdout) == answer.json


def test_the_api_takes_days_and_moments_and_a_plus_that_nobody_escaped(app: Any) -> None:
    client = app.test_client()
    for since, until in (
        ("2026-01-30", "2026-01-31"),
        ("2026-01-30T03:00:00+03:00", "2026-01-31T00:00:00Z"),
        ("2026-01-30T03:00:00%2B03:00", "2026-01-30T19:00:00.000-05:00"),
    ):
        found = client.get(f"{FUNNEL}?since={since}&until={until}").json
        assert (found["since"], found["until"]) == (
            "2026-01-30T00:00:00+00:00",
            "2026-01-31T00:00:00+00:00",
        )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=yesterday", "since"),
        ("since=2026-02-30", "since"),
        ("until=", "until"),
        ("from=2026", "from"),
        ("until=2026-01-01T00", "until"),
        ("since=2026-01-02&until=2026-01-02", "since"),
        ("since=2020-01-01&until=2026-01-01", "since"),
        ("by=price", "by"),
        ("by=", "by"),
        ("until=9999-12-31", "until"),
        ("since=0001-01-01", "since"),
        ("since=%00", "since"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused_by_name(
    app: Any, query: str, field: str
) -> None:
    refused = app.test_client().get(f"{FUNNEL}?{query}")
    assert (refused.status_code, refused.json["error"]) == (422, "invalid_query")
    assert list(refused.json["errors"]) == [field]
    assert all(isinstance(why, str) for why in refused.json["errors"][field])


def test_the_api_asks_for_the_password_and_without_one_answers_here_alone(
    make_app: Callable[..., Any],
) -> None:
    def status(
        app: Any, password: str | None = None, address: str = "127.0.0.1", **more: Any
    ) -> int:
        sent = (
            {"Authorization": "Basic " + b64encode(f"any:{password}".encode()).decode()}
            if password
            else {}
        )
        environ = {"REMOTE_ADDR": address}
        return int(
            app.test_client()
            .get(FUNNEL, headers=sent | more.pop("headers", {}), environ_overrides=environ, **more)
            .status_code
        )

    for app_env in ("development", "staging", "production"):
        guarded = make_app(app_env=app_env, mode="off", console_password="open sesame")
        assert [status(guarded, password) for password in (None, "wrong", "open sesame")] == [
            401,
            401,
            200,
        ]
        assert (
            status(guarded, "open sesame", "203.0.113.9", base_url="https://stars.example.com")
            == 200
        )
    refused = guarded.test_client().get(FUNNEL)
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert status(make_app()) == 200
    assert status(make_app(), address="203.0.113.9") == 404
    assert status(make_app(), base_url="http://attacker.example") == 404
    assert status(make_app(), headers={"X-Forwarded-For": "203.0.113.9"}) == 404
    assert status(make_app(app_env="staging")) == 404


@pytest.mark.parametrize(("mode", "created"), [("mock", 1), ("live", 2), ("off", 2)])
def test_each_mode_counts_its_own_rows(
    make_app: Callable[..., Any], sql: psycopg.Connection[Any], mode: str, created: int
) -> None:
    for number, its in enumerate(("mock", "live", "live")):
        write(sql, f"p{number}", "I", datetime.now(UTC) - MS, mode=its)
    assert make_app(mode=mode).test_client().get(FUNNEL).json["total"]["created"] == created


def test_the_console_shows_it_to_a_person(sql: psycopg.Connection[Any], console: Any) -> None:
    for number in range(3):
        write(sql, f"p{number}", "IS", NOON, NOON + 2400 * MS, source="shop")
    write(sql, "p3", "I", NOON)
    write(sql, "p4", "IF", NOON - timedelta(days=1), NOON)
    write(sql, "p5", "IS", NOON - timedelta(days=1), NOON)
    shown = console("funnel", "--since", "2026-03-10", "--until", "2026-03-11", "--by", "source")
    lines = shown.stdout.splitlines()
    assert shown.exit_code == 0
    assert lines[0].startswith("Invoices of 2026-03-10 00:00 to 2026-03-11 00:00 UTC (mock)")
    assert re.split(r" {2,}", lines[2]) == [
        "source",
        "created",
        "completed",
        "failed",
        "open",
        "conversion",
        "p50",
        "p90",
        "p95",
    ]
    assert re.split(r" {2,}", lines[3].strip()) == [
        "total",
        "4",
        "+100 %",
        "3",
        "+200 %",
        "0",
        "-100 %",
        "1",
        "new",
        "75.0 %",
        "+25.0",
        "2.4 s",
        "2.4 s",
        "2.4 s",
    ]
    assert [line.split()[0] for line in lines[4:6]] == ["shop", "(none)"]
    assert len({len(line) for line in lines[2:6]}) == 1
    assert "2 s to 5 s               3  " + "\u2588" * 40 in lines


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (["funnel", "--since", "yesterday"], 2),
        (["funnel", "--by", "price"], 2),
        (["funnel", "--since", "2026-01-02", "--until", "2026-01-01"], 1),
        (["db", "seed"], 2),
        (["db", "seed", "0"], 2),
    ],
)
def test_the_console_refuses_what_makes_no_sense(
    console: Any, words: list[str], exit_code: int
) -> None:
    refused = console(*words)
    assert (refused.exit_code, refused.stdout) == (exit_code, "")
    assert "Error: " in refused.stderr


def test_made_up_purchases_are_like_real_ones(
    console: Any, db: Database, sql: psycopg.Connection[Any]
) -> None:
    """That their histories lead to their rows is checked behind every test; two runs do not meet."""
    for count, days in ((2000, 14), (4000, 1), (1, 1)):
        seeded = console("db", "seed", str(count), "--days", str(days), "--seed", "1")
        assert seeded.exit_code == 0, seeded.stderr
        assert seeded.stdout.startswith(f"{count} purchases ")
    now = datetime.now(UTC)
    assert sql.execute("SELECT count(*) FROM events WHERE version = 1").fetchone() == (6001,)
    assert sql.execute("SELECT max(created_at) < %s FROM events", [now]).fetchone() == (True,), (
        "nothing lies in the future"
    )
    assert sql.execute("SELECT reltuples FROM pg_class WHERE relname = 'purchases'").fetchone() == (
        6001,
    )
    assert agrees(db, sql, now - timedelta(days=7), now) > 1000
    for by, least in (("purchase_type", 4), ("source", 4), ("channel", 4)):
        found = funnel.measure(db, mode="mock", since=now - timedelta(days=15), until=now, by=by)
        assert len(found["groups"]) == least
        assert all(
            group["completed"] and group["failed"] and group["open"] for group in found["groups"]
        )
    words = {
        word
        for (word,) in sql.execute(
            "SELECT string_agg(event_type, ' ' ORDER BY version) FROM events GROUP BY purchase_id"
        )
    }
    usual = ("I", "IS", "IF", "IFR", "IFRS", "IFS", "ISF", "S", "SF")
    assert words >= {" ".join(EVENT[letter] for letter in word) for word in usual}


def test_the_same_seed_makes_the_same_histories(console: Any, sql: psycopg.Connection[Any]) -> None:
    made = []
    for _ in range(2):
        run = re.search(r"seed-\w+", console("db", "seed", "200", "--seed", "7").stdout)[0]
        made.append(
            sql.execute(
                "SELECT user_id, item_id, source, channel, status, version FROM purchases WHERE purchase_id LIKE %s"
                " ORDER BY split_part(purchase_id, '-', 3)::integer",
                [f"{run}-%"],
            ).fetchall()
        )
    # The last ones may have had no time yet for all that would have happened to them.
    assert made[0][:150] == made[1][:150]
    assert len(made[0]) == 200


@pytest.mark.parametrize("settings", [{"app_env": "staging"}, {"mode": "off"}, {"mode": "live"}])
def test_purchases_are_made_up_nowhere_but_in_development(
    make_app: Callable[..., Any], sql: psycopg.Connection[Any], settings: dict[str, str]
) -> None:
    refused = make_app(**settings).test_cli_runner().invoke(args=["db", "seed", "10"])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "development" in refused.stderr
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)
