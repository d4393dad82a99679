"""Webhooks: what setWebhook takes, and what arrives there."""

import json
from typing import Any

import pytest
from harness.simulator import SECRET, Hook, Sim, approve


def test_the_secret_comes_back_in_its_header(shop: Sim, hook: Hook) -> None:
    shop.pay(shop.link(), shop.user())
    assert hook.secrets == [SECRET, SECRET]
    assert SECRET not in json.dumps(shop.look("journal"))
    shop.ask("setWebhook", url=hook.address)
    shop.pay(shop.link(), shop.user())
    assert hook.secrets[2:] == [None, None]


@pytest.mark.parametrize(
    ("args", "description"),
    [
        ({"url": "http://"}, "invalid webhook URL specified"),
        ({"url": "ftp://127.0.0.1/"}, "invalid webhook URL specified"),
        ({"url": "http://example.com/"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            {"url": "https://example.com:8000/"},
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        ({"url": "https://example.com/", "secret_token": "x" * 257}, "secret token is too long"),
        (
            {"url": "https://example.com/", "secret_token": "no spaces"},
            "secret token contains unallowed characters",
        ),
    ],
)
def test_a_webhook_that_telegram_refuses_is_refused(
    sim: Sim, args: dict[str, str], description: str
) -> None:
    answer = sim.call("setWebhook", **args)
    assert answer == {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"}
    assert sim.ask("getWebhookInfo")["url"] == ""


def test_https_alone_is_a_setting(sim: Sim, hook: Hook) -> None:
    assert sim.act("settings", https_only=True)["https_only"]
    assert "HTTPS URL" in sim.call("setWebhook", url=hook.address)["description"]


def test_a_webhook_is_set_told_of_and_deleted(sim: Sim, hook: Hook) -> None:
    assert sim.ask("getWebhookInfo") == {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": 0,
    }
    said = [
        sim.call(*call[:1], **call[1])["description"]
        for call in (
            (
                "setWebhook",
                {"url": hook.address, "allowed_updates": ["message"], "max_connections": 3},
            ),
            ("setWebhook", {"url": hook.address, "max_connections": 3}),
            ("deleteWebhook", {}),
            ("setWebhook", {"url": ""}),
        )
    ]
    assert said == [
        "Webhook was set",
        "Webhook is already set",
        "Webhook was deleted",
        "Webhook is already deleted",
    ]
    sim.ask("setWebhook", url=hook.address)
    assert sim.ask("getWebhookInfo") == {
        "url": hook.address,
        "has_custom_certificate": False,
        "pending_update_count": 0,
        "max_connections": 40,
        "allowed_updates": ["message"],
    }


def test_only_allowed_updates_are_sent_and_the_choice_stays_when_left_out(
    shop: Sim, hook: Hook
) -> None:
    shop.hook(hook, allowed_updates=["pre_checkout_query"])
    shop.hook(hook)
    assert shop.pay(shop.link(), shop.user())["status"] == "paid"
    assert hook.kinds() == ["pre_checkout_query"]
    shop.hook(hook, allowed_updates=[])
    shop.pay(shop.link(), shop.user())
    assert hook.kinds() == ["pre_checkout_query", "pre_checkout_query", "successful_payment"]


@pytest.mark.parametrize(
    "body", ["text", [], {"method": "getMe"}, {"method": "deleteWebhook"}, {"method": 5}, {}]
)
def test_a_webhooks_answer_that_holds_no_call_is_just_an_answer(
    shop: Sim, hook: Hook, body: Any
) -> None:
    hook.handler = lambda update: (200, {}, body) if "message" in update else approve(update)
    assert shop.pay(shop.link(), shop.user())["status"] == "paid"
    assert shop.ask("getWebhookInfo")["url"] == hook.address
    assert shop.ask("getWebhookInfo")["pending_update_count"] == 0


def test_after_an_idle_week_update_ids_start_anew(shop: Sim, hook: Hook) -> None:
    shop.pay(shop.link(), shop.user())
    shop.push(8 * 86_400)
    shop.pay(shop.link(), shop.user())
    ids = [update["update_id"] for update in hook.came]
    assert ids[1] == ids[0] + 1
    assert ids[2] not in range(ids[1], ids[1] + 100)
