"""G2, G3: another user or another offer is a conflict; what only describes it is none."""

from typing import Any

import pytest
from harness.constants import SWORD
from harness.people import Person
from harness.types import Logged


def test_g2_another_user_gets_a_conflict_that_tells_nothing(
    alice: Person, bob: Person, logged: Logged
) -> None:
    alice.invoice("p1", source="secret-source", metadata={"secret": "secret-metadata"})

    for refused, line in (
        (bob.invoice("p1"), "purchase_invoice_user_mismatch"),
        (bob.purchase("p1"), "purchase_user_mismatch"),
        (bob.invoice("p1", price_stars=51), "purchase_invoice_user_mismatch"),
    ):
        assert (refused.status_code, refused.json["error"]) == (409, "purchase_conflict")
        for told in ("alice", "golden-sword", "50", "pending", "secret", "mismatched"):
            assert told not in refused.text.replace(refused.json["request_id"], "")
        warning = logged(line)[-1]
        assert (
            warning["level"],
            warning["user_id"],
            warning["existing_user_id"],
            warning["purchase_id"],
        ) == ("WARNING", "bob", "alice", "p1")
    assert bob.get("p1").json["error"] == "purchase_not_found"
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
        assert (refused.status_code, refused.json["error"]) == (409, "purchase_conflict")
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
    assert (done.json["metadata"], done.json["source"], done.json["channel"]) == (
        {"a": 1},
        "shop",
        "menu",
    )


def test_g3_a_purchase_type_left_out_is_no_conflict(alice: Person) -> None:
    alice.invoice("p1", purchase_type="boost")

    assert alice.purchase("p1").json["purchase_type"] == "boost"
    assert alice.purchase("p1", item_id="golden-sword", price_stars=50).status_code == 200
