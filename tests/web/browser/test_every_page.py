"""G36: every page is light, and can be used by everybody."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from harness.browser import PASSWORD, Shop
from harness.people import Person
from harness.waiting import eventually
from playwright.sync_api import Page

from stars.domain.service import Service
from stars.notifications import deliveries, endpoints


def visit(shop: Shop, alice: Person) -> dict[str, str]:
    """Every page there is, with something on it."""
    open_one = alice.invoice("p1", metadata={"campaign": "spring"}).json["pay_url"]
    paid = alice.invoice("p2", item_id="double-speed", purchase_type="boost").json["pay_url"]
    alice.purchase("p2")
    here: Service = shop.app.extensions["stars"]
    number, _ = endpoints.add(
        here.db, url="https://shop.example/stars", mode="mock", types=None, is_development=True
    )
    deliveries.make_test(here.db, endpoint_id=number, mode="mock")
    return {
        "pay": open_one.replace("http://localhost", shop.service),
        "paid": paid.replace("http://localhost", shop.service),
        "demo": f"{shop.service}/mock/demo",
        "console": f"{shop.service}/console",
        "purchase": f"{shop.service}/console/purchases/p2",
        "endpoints": f"{shop.service}/console/endpoints",
        "endpoint": f"{shop.service}/console/endpoints/{number}",
        "outcomes": f"{shop.service}/console/outcomes",
        "funnel": f"{shop.service}/console/funnel",
    }


FETCHED = "performance.getEntries().reduce((bytes, entry) => bytes + (entry.transferSize ?? 0), 0)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_g36_every_page_is_light_and_can_be_used_by_everybody(
    shop: Shop, open_page: Callable[..., Page], alice: Person, scheme: Any
) -> None:
    for name, address in visit(shop, alice).items():
        page = open_page(address, color_scheme=scheme, http_credentials=PASSWORD)
        assert 1000 < page.evaluate(FETCHED) < 50_000, name
        found = Axe().run(page).response["violations"]
        serious = [
            (rule["id"], [node["html"] for node in rule["nodes"]])
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]
        assert serious == [], name
        width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1], name
        page.set_viewport_size({"width": 360, "height": 640})
        eventually(lambda page=page: page.evaluate("document.documentElement.scrollWidth") <= 360)
