"""F8: what cannot be addressed by a URL is refused as an id."""

from typing import Any

import psycopg
import pytest
from flask import Flask
from harness.constants import API, SWORD
from harness.people import Person, person
from harness.types import Command, Sql

UNADDRESSABLE = (".", "..")


@pytest.mark.parametrize("name", ["purchase_id", "item_id", "source", "channel"])
@pytest.mark.parametrize("value", UNADDRESSABLE)
def test_f8_dots_alone_are_no_id(alice: Person, sql: Sql, name: str, value: str) -> None:
    body: dict[str, Any] = {"purchase_id": "p1", **SWORD, name: value}
    for path in (f"{API}/invoice", API):
        refused = alice.send("POST", path, alice.headers, body)
        assert (refused.status_code, list(refused.json["errors"])) == (422, [name])
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)


@pytest.mark.parametrize("purchase_id", ["...", ".a", "a.", "a..b", "._:-", "-"])
def test_f8_dots_among_others_are_an_id(alice: Person, purchase_id: str) -> None:
    assert alice.invoice(purchase_id).status_code == 201
    assert alice.get(purchase_id).json["purchase_id"] == purchase_id


@pytest.mark.parametrize("name", UNADDRESSABLE)
def test_f8_nobody_is_called_dots(app: Flask, name: str) -> None:
    assert person(app, name).invoice("p1").status_code == 401


@pytest.mark.parametrize("purchase_id", UNADDRESSABLE)
def test_f8_no_command_takes_dots(command: Command, purchase_id: str) -> None:
    assert command("purchase", "show", purchase_id).exit_code == 2


@pytest.mark.parametrize("purchase_id", UNADDRESSABLE)
def test_f8_the_database_keeps_the_rule_by_itself(
    alice: Person, sql: Sql, purchase_id: str
) -> None:
    alice.purchase("p1", **SWORD)
    with pytest.raises(psycopg.errors.CheckViolation, match="identifiers_can_be_addressed"):
        sql.execute("UPDATE purchases SET channel = %s", [purchase_id])
