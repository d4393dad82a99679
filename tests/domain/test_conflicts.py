"""G2, G3: another user or another offer is a conflict; what only describes it is none."""

from typing import Any

import pytest
from harness.constants import SWORD
from harness.people import Person
from harness.types import Logged

CONFLICT = (409, "purchase_conflict")
OF_ALICE = ("alice", "golden-sword", "50", "pending", "secret", "mismatched")


def test_g2_another_user_gets_a_conflict_that_tells_nothing(
    alice: Person, bob: Person, logged: Logged
) -> None:
    alice.invoice("p1", source="secret-source", metadata={"secret": "secret-metadata"})

    for refused, line in (
        (bob.invoice("p1"), "purchase_invoice_user_mismatch"),
        (bob.purchase("p1"), "purchase_user_mismatch"),
        (bob.invoice("p1", price_stars=51), "purchase_invoice_user_mismatch"),
    ):
        assert refused.refusal == CONFLICT
        text = refused.text.replace(refused.json["request_id"], "")
        assert [word for word in OF_ALICE if word in text] == []
        warning = logged(line)[-1]
        assert warning["level"] == "WARNING"
        assert warning["purchase_id"] == "p1"
        assert (warning["user_id"], warning["existing_user_id"]) == ("bob", "alice")


def test_g2_another_user_sees_and_changes_nothing(alice: Person, bob: Person) -> None:
    alice.invoice("p1")
    bob.invoice("p1")
    bob.purchase("p1")

    assert bob.get("p1").refusal == (404, "purchase_not_found")
    assert bob.history("p1") == []
    assert alice.history("p1") == ["purchase_invoice_created"]
    assert alice.get("p1").json["status"] == "pending"


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"item_id": "other"}, ["item_id"]),
        ({"price_stars": 51}, ["price_stars"]),
        ({"purchase_type": "boost"}, ["purchase_type"]),
        (
            {"item_id": "other", "price_stars": 51, "purchase_type": "boost"},
            ["item_id", "price_stars", "purchase_type"],
        ),
    ],
)
def test_g3_other_parameters_are_a_conflict_naming_them(
    alice: Person, logged: Logged, changed: dict[str, Any], fields: list[str]
) -> None:
    alice.invoice("p1")

    for refused in (alice.invoice("p1", **changed), alice.purchase("p1", **SWORD | changed)):
        assert refused.refusal == CONFLICT
        assert refused.json["mismatched"] == fields
    assert [line["mismatched"] for line in logged("purchase_params_mismatch")] == [fields, fields]
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g3_other_metadata_source_or_channel_are_no_conflict_and_the_first_stand(
    alice: Person,
) -> None:
    alice.invoice("p1", metadata={"a": 1}, source="shop", channel="menu")
    again = alice.invoice("p1", metadata={"b": 2}, source="other", channel="other")
    done = alice.purchase("p1", metadata={"c": 3}, source="third")

    assert (again.status_code, done.status_code) == (200, 200)
    assert done.json["metadata"] == {"a": 1}
    assert done.json["source"] == "shop"
    assert done.json["channel"] == "menu"


def test_g3_a_purchase_type_left_out_is_no_conflict(alice: Person) -> None:
    alice.invoice("p1", purchase_type="boost")

    assert alice.purchase("p1").json["purchase_type"] == "boost"
    assert alice.purchase("p1", item_id="golden-sword", price_stars=50).status_code == 200
