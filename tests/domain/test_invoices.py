"""G1, G4: an invoice asked for again is the same one."""

from harness.constants import API
from harness.people import Person
from harness.types import Logged, Sql


def test_g1_an_invoice_twice_is_one_purchase(alice: Person, sql: Sql, logged: Logged) -> None:
    first, again = alice.invoice("p1"), alice.invoice("p1")

    assert (first.status_code, again.status_code) == (201, 200)
    assert (
        first.json
        == again.json
        == {"purchase_id": "p1", "status": "pending", "pay_url": first.json["pay_url"]}
    )
    assert first.json["pay_url"].startswith("http://localhost/mock/pay/p1.")
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert alice.history("p1") == ["purchase_invoice_created"]
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (1,)
    assert [line["message"] for line in logged()] == [
        "purchase_invoice_created",
        "purchase_invoice_reused",
    ]


def test_g4_bodies_are_compared_as_values(alice: Person) -> None:
    alice.invoice("p1", metadata={"n": 1})
    spelled = (
        b' { "price_stars" : 100e-2 , "metadata":{ "n" : 1.0 },\n "purchase_type":"cosm\\u0065tic",'
        b' "item_id":"golden-sword", "purchase_id":"p2" } '
    )

    first = alice.invoice("p2", price_stars=1)
    again = alice.post(f"{API}/invoice", spelled)
    assert (first.status_code, again.status_code) == (201, 200)
    assert alice.invoice("p1", price_stars=50.0).status_code == 200
    assert alice.get("p1").json["price_stars"] == 50
