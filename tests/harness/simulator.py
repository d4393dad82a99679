"""The simulator in a thread, and a bot's webhook that answers what a test tells it to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from stars.simulator.__main__ import Server, Silent
from stars.simulator.settings import Settings

TOKEN = "123456:" + "t" * 35
SWORD = {"title": "Golden sword", "description": "Sharp", "payload": "order-1", "currency": "XTR"}
PRICES = '[{"label": "Golden sword", "amount": 50}]'
TOO_LATE = "Bad Request: query is too old and response timeout expired or query ID is invalid"
SECRET = "a-secret_of-24-characters"
# What the service is tested against: the sternest Telegram that was ever measured.
STERN = Settings(refuse_stray_fields=True, strict_methods=True)

Reply = tuple[int, dict[str, str], Any]
Handler = Callable[[dict[str, Any]], Reply]


def approve(update: dict[str, Any]) -> Reply:
    """Say yes to every pre-checkout inside the answer, and 200 to everything else."""
    query = update.get("pre_checkout_query")
    inline = (
        {"method": "answerPreCheckoutQuery", "pre_checkout_query_id": query["id"], "ok": True}
        if query
        else {}
    )
    return 200, {}, inline


def approve_but(
    status: int, headers: dict[str, str] | None = None, chat: int | None = None
) -> Handler:
    """The same, but messages (of one chat) are answered with that status."""

    def handler(update: dict[str, Any]) -> Reply:
        message = update.get("message")
        concerned = message and chat in (None, message["chat"]["id"])
        return (status, headers or {}, {}) if concerned else approve(update)

    return handler


@contextmanager
def listening(server: Any) -> Iterator[str]:
    """Run a server in a thread; gives its address."""
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Hook:
    """A bot's webhook: remembers what came, and answers as `handler` says."""

    def __init__(self) -> None:
        self.came: list[dict[str, Any]] = []
        self.secrets: list[str | None] = []
        self.handler: Handler = approve
        self.address = ""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        update = json.loads(request.get_data())
        self.came.append(update)
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        status, headers, body = self.handler(update)
        return Response(json.dumps(body), status, headers, content_type="application/json")(
            environ, start_response
        )

    def kinds(self) -> list[str]:
        """What came, in order."""
        return [kind_of(update) for update in self.came]


def kind_of(update: dict[str, Any]) -> str:
    """A kind of query, subscription, successful_payment, refunded_payment or message."""
    found = {**update.get("message", {}), **update}
    kinds = (
        "pre_checkout_query",
        "callback_query",
        "subscription",
        "successful_payment",
        "refunded_payment",
        "message",
    )
    return next(kind for kind in kinds if kind in found)


class Sim:
    """The simulator at `address`, and one bot of it."""

    def __init__(self, address: str, token: str = TOKEN) -> None:
        self.address, self.token, self.session = address, token, requests.Session()

    def call(self, method: str, **args: Any) -> Any:
        """The whole envelope of a Bot API call made with JSON."""
        return self.session.post(
            f"{self.address}/bot{self.token}/{method}", json=args, timeout=20
        ).json()

    def ask(self, method: str, **args: Any) -> Any:
        """The result of one that is to succeed."""
        body = self.call(method, **args)
        assert body["ok"], body
        return body["result"]

    def link(self, amount: int = 50, **args: Any) -> str:
        return str(
            self.ask(
                "createInvoiceLink",
                **SWORD | args,
                prices=[{"label": "Golden sword", "amount": amount}],
            )
        )

    def hook(self, hook: Hook, **args: Any) -> None:
        self.ask("setWebhook", url=hook.address, secret_token=SECRET, **args)

    def look(self, at: str, /, **query: Any) -> Any:
        return self.session.get(f"{self.address}/sim/{at}", params=query, timeout=30).json()

    def act(self, on: str, /, **body: Any) -> Any:
        return self.session.post(f"{self.address}/sim/{on}", json=body, timeout=70).json()

    def user(self, stars: int = 1000, **more: Any) -> int:
        return int(self.act("users", stars=stars, **more)["id"])

    def pay(self, link: str, user: int, **more: Any) -> Any:
        """Pay, and wait until everything that follows is delivered."""
        outcome = self.act("pay", link=link, user=user, **more)
        self.quiet()
        return outcome

    def write(self, user: int, text: str) -> Any:
        """Let a buyer write to the bot, and wait until it is delivered."""
        message = self.act("message", user=user, text=text)
        assert "message_id" in message, message
        self.quiet()
        return message

    def press(self, user: int, button: str, **more: Any) -> Any:
        """Let a buyer press a button of the newest message that has it."""
        return self.act("press", user=user, button=button, **more)

    def chat(self, user: int) -> Any:
        """What a buyer sees of the chat with the bot."""
        return self.look("chat", user=user)

    def texts(self, user: int) -> list[str]:
        """The texts in that chat, oldest first."""
        return [message.get("text", "") for message in self.chat(user)["messages"]]

    def quiet(self) -> None:
        assert self.look("quiet")["quiet"]

    def push(self, seconds: float, **more: Any) -> None:
        self.act("clock", advance=seconds, **more)

    def fault(self, kind: str, **more: Any) -> Any:
        armed = self.act("faults", kind=kind, **more)
        assert "id" in armed, armed
        return armed

    def journal(self, what: str, **match: Any) -> list[dict[str, Any]]:
        return list(self.look("journal", what=what, **match))

    def stars(self, user: int) -> int:
        return int(next(one["stars"] for one in self.look("users") if one["id"] == user))

    def balance(self) -> int:
        return int(self.ask("getMyStarBalance")["amount"])


@contextmanager
def simulator(settings: Settings | None = None) -> Iterator[Sim]:
    """A simulator of a test's own."""
    server = Server(settings or Settings())
    with listening(server) as address:
        sim = Sim(address)
        yield sim
        sim.session.close()


@contextmanager
def webhook() -> Iterator[Hook]:
    """A bot's webhook of a test's own."""
    hook = Hook()
    with listening(
        make_server("127.0.0.1", 0, hook, threaded=True, request_handler=Silent)
    ) as address:
        hook.address = f"{address}/hook"
        yield hook
