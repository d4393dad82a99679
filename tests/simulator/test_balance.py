"""The bot's balance: affiliates, withdrawals, and Stars that move without a sale."""

import json
from typing import Any

import aiogram.types
import pytest
import telebot.types
import telegram
from harness.simulator import Sim

from stars.simulator.transfers import KINDS

HALF = {"amount": 43, "nanostar_amount": 750_000_000}  # 50 Stars but 125 of a thousand
COMMISSION = {"amount": 6, "nanostar_amount": 250_000_000}


def transactions(sim: Sim) -> list[dict[str, Any]]:
    return list(sim.ask("getStarTransactions")["transactions"])


def amount(line: dict[str, Any]) -> dict[str, int]:
    """The Stars of a transaction or an affiliate."""
    return {name: line[name] for name in ("amount", "nanostar_amount") if name in line}


def pay_through_affiliate(shop: Sim) -> dict[str, Any]:
    buyer, affiliate = shop.user(50), shop.user(0)
    shop.act("affiliate", user=buyer, affiliate=affiliate, commission_per_mille=125)
    paid = shop.pay(shop.link(50), buyer)
    return {"buyer": buyer, "affiliate": affiliate, "charge": paid["charge"]}


def test_an_affiliate_gets_a_share_of_what_the_buyer_pays(shop: Sim) -> None:
    paid = pay_through_affiliate(shop)
    assert shop.stars(paid["buyer"]) == 0
    assert shop.ask("getMyStarBalance") == HALF
    (line,) = transactions(shop)
    assert amount(line) == HALF
    affiliate = line["source"]["affiliate"]
    assert amount(affiliate) == COMMISSION
    assert affiliate["commission_per_mille"] == 125
    assert affiliate["affiliate_user"]["id"] == paid["affiliate"]


def test_a_setting_lists_what_was_paid_instead(shop: Sim) -> None:
    shop.act("settings", list_net=False)
    pay_through_affiliate(shop)
    (line,) = transactions(shop)
    assert amount(line) == {"amount": 50}
    assert amount(line["source"]["affiliate"]) == COMMISSION
    assert shop.ask("getMyStarBalance") == HALF


def test_a_refund_takes_the_commission_back(shop: Sim) -> None:
    paid = pay_through_affiliate(shop)
    about = {"user_id": paid["buyer"], "telegram_payment_charge_id": paid["charge"]}
    assert shop.ask("refundStarPayment", **about) is True
    assert shop.stars(paid["buyer"]) == 50
    assert shop.ask("getMyStarBalance") == {"amount": 0}
    line = transactions(shop)[-1]
    assert amount(line) == HALF
    taken = amount(line["receiver"]["affiliate"])
    assert taken == {"amount": -6, "nanostar_amount": -250_000_000}


def test_a_channel_can_be_the_affiliate_and_a_share_can_end(shop: Sim) -> None:
    buyer = shop.user(100)
    shop.act("affiliate", user=buyer, channel="News", commission_per_mille=500)
    shop.pay(shop.link(50), buyer)
    shop.act("affiliate", user=buyer, commission_per_mille=0)
    shop.pay(shop.link(50), buyer)
    first, second = transactions(shop)
    assert first["source"]["affiliate"]["affiliate_chat"]["title"] == "News"
    assert "affiliate" not in second["source"]
    assert shop.balance() == 75


@pytest.mark.parametrize("succeeded", [True, False])
def test_a_withdrawal_ends_well_or_comes_back(shop: Sim, succeeded: bool) -> None:
    shop.pay(shop.link(50), shop.user())
    shop.act("withdraw", stars=30)
    assert transactions(shop)[1]["receiver"]["withdrawal_state"] == {"type": "pending"}
    assert shop.act("withdrawals", succeeded=succeeded) == {"ended": 1}
    lines = transactions(shop)
    state = lines[1]["receiver"]["withdrawal_state"]
    if succeeded:
        assert state["type"] == "succeeded"
        assert state["url"].startswith("https://")
        assert shop.balance() == 20
    else:
        assert state == {"type": "failed"}
        assert lines[2]["source"] == {"type": "fragment"}
        assert lines[2]["id"] == lines[1]["id"]
        assert shop.balance() == 50


@pytest.fixture
def moved(sim: Sim) -> dict[str, Any]:
    """The bot's list after one transfer of each kind, a withdrawal that ended, an affiliate."""
    sim.ask("getMe")
    for kind, (side, _) in KINDS.items():
        stars = 200 if side == "source" else 100
        if kind != "unknown":
            sim.act("transfer", kind=kind, stars=stars, nanostars=5)
    sim.act("withdraw", stars=1)
    sim.act("withdrawals", succeeded=True)
    return dict(sim.ask("getStarTransactions"))


def test_aiogram_reads_every_kind(moved: dict[str, Any]) -> None:
    found = aiogram.types.StarTransactions.model_validate(moved).transactions
    assert len(found) == len(KINDS)
    partners = [one.source or one.receiver for one in found]
    assert {partner.type for partner in partners if partner} == {
        "user",
        "chat",
        "affiliate_program",
        "fragment",
        "telegram_ads",
        "telegram_api",
        "other",
    }
    types = {getattr(partner, "transaction_type", None) for partner in partners} - {None}
    assert types == {
        "paid_media_payment",
        "gift_purchase",
        "premium_purchase",
        "business_account_transfer",
    }


def types(listed: dict[str, Any]) -> list[str]:
    """The types of the partners as they are listed."""
    return [(one.get("source") or one["receiver"])["type"] for one in listed["transactions"]]


def test_pytelegrambotapi_reads_every_kind(moved: dict[str, Any]) -> None:
    expected = types(moved)
    found = telebot.types.StarTransactions.de_json(json.dumps(moved)).transactions
    partners = [one.source or one.receiver for one in found]
    # Its release of today leaves some as they came.
    told = [one["type"] if isinstance(one, dict) else one.type for one in partners]
    assert told == expected
    assert partners[-1].withdrawal_state.type == "succeeded"


def test_python_telegram_bot_reads_every_kind(moved: dict[str, Any]) -> None:
    expected = types(moved)
    found = telegram.StarTransactions.de_json(moved, None).transactions
    partners = [one.source or one.receiver for one in found]
    assert [one.type for one in partners if one] == expected
    withdrawal = partners[-1]
    assert isinstance(withdrawal, telegram.TransactionPartnerFragment)
    assert isinstance(withdrawal.withdrawal_state, telegram.RevenueWithdrawalStateSucceeded)


def test_aiogram_reads_an_affiliate(shop: Sim) -> None:
    pay_through_affiliate(shop)
    listed = shop.ask("getStarTransactions")
    (line,) = aiogram.types.StarTransactions.model_validate(listed).transactions
    assert isinstance(line.source, aiogram.types.TransactionPartnerUser)
    assert line.source.affiliate
    assert line.source.affiliate.nanostar_amount == COMMISSION["nanostar_amount"]


def test_what_is_no_transfer_is_refused(sim: Sim) -> None:
    sim.ask("getMe")
    assert "kind is one of" in sim.act("transfer", kind="theft", stars=1)["error"]
    assert sim.act("transfer", kind="gift", stars=-1)["error"]
    assert sim.act("transfer", kind="premium", stars=1, months="x")["error"]
    assert sim.act("withdrawals")["error"]
    assert transactions(sim) == []
