"""L11: the webhook is set, looked at and checked, and no secret is told."""

import json
from typing import Any

from harness.constants import API, BOT_TOKEN, WEBHOOK_SECRET
from harness.live import live_app, open_shop
from harness.updates import message, new_id
from harness.waiting import eventually


def test_l11_the_webhook_is_set_looked_at_and_checked(server: str, tmp_path: Any) -> None:
    with open_shop(server, tmp_path) as shop:
        assert shop.run("telegram", "check").stdout == "Live payments can be taken.\n"
        info = json.loads(shop.run("telegram", "webhook", "info", "--json").stdout)
        assert (info["url"], sorted(info["allowed_updates"])) == (
            f"{shop.address}{API}/webhook",
            ["message", "pre_checkout_query", "subscription"],
        )

        def found() -> str:
            told = shop.run("telegram", "check", "--json")
            assert told.exit_code == 1
            return " ".join(f"{one['problem']}: {one['cure']}" for one in json.loads(told.stdout))

        shop.sim.ask(
            "setWebhook",
            url=f"{shop.address}{API}/webhook",
            secret_token="another-secret-of-24-letters",
            allowed_updates=["message"],
        )
        assert (
            "does not send pre_checkout_query, subscription: flask telegram webhook set" in found()
        )
        buyer = shop.buyer()
        assert buyer.pay(buyer.link(new_id()), wait=0.2)["status"] == "pending"
        shop.sim.ask(
            "setWebhook",
            url=f"{shop.address}{API}/webhook",
            secret_token="another-secret-of-24-letters",
            allowed_updates=["message", "pre_checkout_query"],
        )
        buyer.pay(buyer.link(new_id()), wait=0.2)
        eventually(lambda: "401 UNAUTHORIZED: the secret differs" in found())
        assert "updates are waiting" in found()
        shop.run("telegram", "webhook", "delete")
        assert "the webhook is not set, not http" in found()
        shop.sql.execute("UPDATE items SET active = false")
        assert "nothing is for sale: flask items import" in found()
        shop.sim.fault("500", times=None)
        assert "look at TELEGRAM_API_URL" in found()
        with_another = live_app(
            shop.url, shop.sim.address, telegram_bot_token="123456:" + "x" * 35
        ).test_cli_runner()
        shop.clear_faults()
        assert "@BotFather" in with_another.invoke(args=["telegram", "check"]).stdout
        without_url = (
            live_app(shop.url, shop.sim.address)
            .test_cli_runner()
            .invoke(args=["telegram", "webhook", "set"])
        )
        assert (without_url.exit_code, "PUBLIC_URL" in without_url.stderr) == (1, True)


def test_l11_no_secret_is_in_a_log_line_whatever_telegram_does(server: str, tmp_path: Any) -> None:
    with open_shop(server, tmp_path, LOG_LEVEL="DEBUG") as shop:
        buyer = shop.buyer()
        buyer.pay(buyer.link(new_id()))
        told = []
        for fault in ("500", "timeout", "429", "lost_answer"):
            shop.sim.fault(fault, times=3, match={"method": "createInvoiceLink"}, seconds=0)
            told.append(buyer.invoice(new_id()).text)
            shop.clear_faults()
        told.append(shop.update(message(buyer.id, "x", "c"), secret="wrong").text)
        output = (tmp_path / "log").read_text()
        assert '"message":"telegram_unavailable"' in output
        for secret in (
            BOT_TOKEN,
            BOT_TOKEN.partition(":")[2],
            WEBHOOK_SECRET,
            buyer.headers["Authorization"],
        ):
            assert secret not in output
            assert not any(secret in one for one in told)
        settings = shop.app.extensions["stars"].settings
        assert BOT_TOKEN not in repr(settings)
        assert WEBHOOK_SECRET not in repr(settings)
