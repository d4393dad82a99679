"""G1, G4: an invoice asked for again is the same one."""

from harness.constants import API
from harness.people import Person
from harness.types import Logged, Sql


def test_g1_an_invoice_twice_is_one_purchase(alice: Person, sql: Sql, logged: Logged) -> None:
    first = alice.invoice("p1")
    again = alice.invoice("p1")

    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.json == first.json
    assert list(first.json) == ["purchase_id", "status", "pay_url"]
    assert first.json["status"] == "pending"
    assert first.json["pay_url"].startswith("http://localhost/mock/pay/p1.")
    assert alice.history("p1") == ["purchase_invoice_created"]
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (1,)
    lines = [line["message"] for line in logged()]
    assert lines == ["purchase_invoice_created", "purchase_invoice_reused"]


def test_g4_bodies_are_compared_as_values(alice: Person) -> None:
    spelled_otherwise = (
        b' { "price_stars" : 100e-2 , "metadata":{ "n" : 1.0 },\n "purchase_type":"cosm\\u0065tic",'
        b' "item_id":"golden-sword", "purchase_id":"p1" } '
    )
    first = alice.invoice("p1", price_stars=1, metadata={"n": 1})
    again = alice.post(f"{API}/invoice", spelled_otherwise)

    assert (first.status_code, again.status_code) == (201, 200)


def test_g4_a_price_with_a_fraction_of_zero_is_a_whole_one(alice: Person) -> None:
    alice.invoice("p1", price_stars=50)
    again = alice.invoice("p1", price_stars=50.0)

    assert again.status_code == 200
    assert alice.get("p1").json["price_stars"] == 50
