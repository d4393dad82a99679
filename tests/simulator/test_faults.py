"""Arming faults: what may be armed, and how often it strikes."""

from typing import Any

import pytest
import requests
from harness.simulator import Sim


def test_faults_are_armed_matched_counted_listed_and_cleared(sim: Sim) -> None:
    first = sim.fault("500", times=1, match={"method": "getme", "bot": 123456})
    second = sim.fault("500", times=None, match={"bot": "777"})
    assert not sim.call("getMe")["ok"]
    assert sim.call("getMe")["ok"]
    assert [(fault["id"], fault["times"], fault["taken"]) for fault in sim.look("faults")] == [
        (first["id"], 0, 1),
        (second["id"], None, 0),
    ]
    requests.delete(f"{sim.address}/sim/faults/{first['id']}", timeout=10)
    assert [fault["id"] for fault in sim.look("faults")] == [second["id"]]
    requests.delete(f"{sim.address}/sim/faults", timeout=10)
    assert sim.look("faults") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"kind": "nonsense"},
        {"kind": "500", "times": 0},
        {"kind": "500", "times": True},
        {"kind": "500", "match": {"x": 1}},
        {"kind": "500", "match": []},
        {"kind": "delay", "seconds": "5"},
        {"kind": "delay", "nonsense": 5},
        {"kind": "wrong_amount", "value": "x"},
        {"kind": "wrong_amount", "value": 0},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sim: Sim, wrong: dict[str, Any]) -> None:
    assert "error" in sim.act("faults", **wrong)
    assert sim.look("faults") == []
