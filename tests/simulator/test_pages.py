"""The pages for people: the start page, and the one where a link is paid."""

import pytest
import requests
from harness.simulator import Sim


def test_a_person_pays_a_link_on_its_page(shop: Sim) -> None:
    link = shop.link(title="<b>Sword</b> & more")
    assert "Nobody here can pay yet" in requests.get(link, timeout=10).text
    back = "/$" + link.rpartition("$")[2]
    page = requests.post(
        shop.address, data={"first_name": "<i>Al</i>", "stars": "60", "back": back}, timeout=10
    )
    assert page.url == link
    assert "&lt;b&gt;Sword&lt;/b&gt; &amp; more" in page.text
    assert "&lt;i&gt;Al&lt;/i&gt;" in page.text
    user = shop.look("users")[0]["id"]
    paid = requests.post(link, data={"user": user, "pay": "1"}, timeout=10)
    assert "Paid 50 Stars" in paid.text
    assert "10 left" in paid.text
    poor = requests.post(link.replace("$", "invoice/"), data={"user": user, "pay": "1"}, timeout=10)
    assert "too few Stars" in poor.text
    assert "Cancelled" in requests.post(link, data={"user": user, "cancel": "1"}, timeout=10).text
    assert shop.balance() == 50


def test_the_start_page_shows_what_is_there(shop: Sim) -> None:
    link, user = shop.link(), shop.user(first_name="<script>")
    shop.pay(link, user)
    page = requests.get(shop.address, timeout=10).text
    for shown in (
        shop.address,
        "Golden sword",
        "simulated_123456_bot",
        "&lt;script&gt;",
        "successful_payment",
    ):
        assert shown in page
    assert "<script" not in page
    style = requests.get(f"{shop.address}/simulator/style.css", timeout=10)
    assert style.headers["Content-Type"].startswith("text/css")
    assert requests.get(f"{shop.address}/$nonsense", timeout=10).status_code == 404


@pytest.mark.parametrize("back", ["https://example.com/", "//example.com", "/elsewhere"])
def test_the_form_leads_nowhere_else(sim: Sim, back: str) -> None:
    answer = requests.post(
        sim.address, data={"first_name": "A", "back": back}, timeout=10, allow_redirects=False
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
