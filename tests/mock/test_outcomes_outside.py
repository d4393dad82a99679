"""G29: outside mock mode nothing is steered."""

import pytest
from harness.constants import API, LIVE
from harness.launch import launch_data
from harness.outcomes import OUTCOMES
from harness.types import MakeApp


@pytest.mark.parametrize("mode", ["live", "off"])
def test_g29_outside_mock_mode_nothing_is_steered(make_app: MakeApp, mode: str) -> None:
    client = make_app(**LIVE | {"mode": mode}).test_client()

    for refused in (
        client.get(OUTCOMES),
        client.post(OUTCOMES, json={"match": {}, "outcome": "paid"}),
        client.delete(OUTCOMES),
        client.delete(f"{OUTCOMES}/1"),
    ):
        assert refused.status_code == 404
        assert refused.json["error"] == "not_found"


@pytest.mark.parametrize(
    "header", [{"X-Mock-Outcome": "paid"}, {"X-Mock-Outcome": "?"}, {"X-Mock-Delay": "1"}]
)
def test_g29_in_live_mode_the_headers_are_refused(
    make_app: MakeApp, header: dict[str, str]
) -> None:
    headers = {"Authorization": f"tma {launch_data()}", **header}
    client = make_app(**LIVE).test_client()

    refused = client.post(API, json={"purchase_id": "p1"}, headers=headers)
    assert refused.status_code == 400
    assert refused.json["error"] == "mock_only"
