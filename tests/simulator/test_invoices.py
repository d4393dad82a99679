"""Invoices: what Stars allow, their limits, the forms of a link, and the settings behind them."""

import re
from typing import Any

import pytest
from harness.simulator import PRICES, SWORD, Sim


@pytest.mark.parametrize(
    ("change", "description"),
    [
        *(
            ({name: ""}, f'parameter "{name}" is required')
            for name in ("title", "description", "payload", "currency", "prices")
        ),
        ({"prices": "["}, "can't parse prices JSON object"),
        ({"prices": "[5]"}, "can't parse prices JSON object"),
        ({"prices": '[{"label": "x", "amount": 1.5}]'}, "can't parse prices JSON object"),
        (
            {"prices": '[{"label": "x", "amount": 1}, {"label": "y", "amount": 1}]'},
            "STARS_INVOICE_INVALID",
        ),
        ({"prices": "[]"}, "STARS_INVOICE_INVALID"),
        ({"prices": '[{"label": "x", "amount": 0}]'}, "CURRENCY_TOTAL_AMOUNT_INVALID"),
        ({"prices": '[{"label": "x", "amount": 100001}]'}, "CURRENCY_TOTAL_AMOUNT_INVALID"),
        ({"currency": "USD"}, "PAYMENT_PROVIDER_INVALID"),
        ({"title": "x" * 33}, "INVOICE_TITLE_INVALID"),
        ({"description": "x" * 256}, "INVOICE_DESCRIPTION_INVALID"),
        ({"payload": "я" * 65}, "INVOICE_PAYLOAD_INVALID"),
        ({"max_tip_amount": 10}, "STARS_INVOICE_INVALID"),
        ({"provider_token": "1:TEST"}, "STARS_INVOICE_INVALID"),
    ],
)
def test_an_invoice_that_stars_do_not_allow_is_refused(
    sim: Sim, change: dict[str, Any], description: str
) -> None:
    answer = sim.call("createInvoiceLink", **SWORD | {"prices": PRICES} | change)
    assert answer == {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"}
    assert sim.look("links") == []


def test_the_limits_themselves_are_allowed(sim: Sim) -> None:
    sim.link(
        100_000,
        title="я" * 32,
        description="я" * 255,
        payload="я" * 64,
        provider_token="",
    )
    sim.link(1)


@pytest.mark.parametrize(
    "stray", ["need_name", "need_email", "send_email_to_provider", "is_flexible"]
)
def test_what_does_not_go_with_stars_is_ignored_or_refused_as_a_setting_says(
    sim: Sim, stray: str
) -> None:
    assert sim.link(10, **{stray: True})
    sim.act("settings", refuse_stray_fields=True)
    assert sim.link(10, **{stray: False})
    refused = sim.call("createInvoiceLink", **SWORD, prices=PRICES, **{stray: True})
    assert refused["description"] == "Bad Request: STARS_INVOICE_INVALID"


def test_what_was_only_measured_is_a_setting(sim: Sim) -> None:
    sim.act("settings", max_amount=10, charge_id_length=20)
    sim.link(10)
    assert sim.call("createInvoiceLink", **SWORD, prices=PRICES)["description"].endswith(
        "CURRENCY_TOTAL_AMOUNT_INVALID"
    )
    assert sim.act("settings", max_amount="10")["error"]
    assert sim.act("settings", nonsense=1)["error"]


def test_a_link_leads_to_the_simulator_or_to_where_the_settings_say(sim: Sim) -> None:
    assert re.fullmatch(re.escape(sim.address) + r"/\$[A-Za-z0-9_-]+", sim.link())
    sim.act("settings", link_base="https://t.me")
    assert re.fullmatch(r"https://t\.me/\$[A-Za-z0-9_-]+", sim.link())


def test_both_forms_of_a_link_can_be_opened_and_paid(shop: Sim) -> None:
    link, user = shop.link(), shop.user()
    for form in (
        link,
        link.replace("/$", "/invoice/"),
        link.rpartition("$")[2],
        link.replace(shop.address, "https://t.me"),
    ):
        assert shop.act("open", link=form, user=user)["title"] == "Golden sword"
        assert shop.pay(form, user)["status"] == "paid"
    assert "error" in shop.act("pay", link="https://t.me/$nonsense", user=user)


def test_an_invoice_message_is_paid_like_a_link(shop: Sim) -> None:
    user = shop.user()
    message = shop.ask("sendInvoice", chat_id=user, **SWORD, prices=PRICES)
    assert message["chat"]["id"] == user
    assert message["invoice"]["total_amount"] == 50
    assert shop.pay(shop.look("links")[0]["slug"], user)["status"] == "paid"
    assert (
        shop.call("sendInvoice", chat_id=99, **SWORD, prices=PRICES)["description"]
        == "Bad Request: chat not found"
    )
    assert (
        shop.call("sendInvoice", **SWORD, prices=PRICES)["description"]
        == "Bad Request: chat_id is empty"
    )
