"""G25: the published document says what is answered; /docs needs no help from outside."""

import random
import re
import subprocess
import sys
from typing import Any

import pytest
from harness.constants import ROOT
from harness.servers import clean_environment
from harness.types import Serve

from stars import errors


@pytest.fixture
def document(app: Any) -> dict[str, Any]:
    return app.test_client().get("/openapi.json").json


def test_g25_schemathesis_finds_nothing(url: str, serve: Serve, tmp_path: Any) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    served = serve(DATABASE_URL=url)
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "schemathesis.cli",
            "--config-file",
            str(ROOT / "tests/schemathesis.toml"),
            "run",
            f"{served.address}/openapi.json",
            "--checks",
            "all",
            "--max-examples",
            "20",
            "--seed",
            str(seed),
            "--header",
            "X-User-Id: alice",
            "--no-color",
        ],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert not re.search(r'"status": 50[0-3]', served.output())


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, found)
        for path, item in document["paths"].items()
        for method, found in item.items()
        if method in ("get", "post", "delete")
    ]


def test_every_request_and_answer_has_an_example(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        content = [response.get("content", {}) for response in operation["responses"].values()]
        if "requestBody" in operation:
            content.append(operation["requestBody"]["content"])
        for body in content:
            for shown in body.values():
                assert "example" in shown or "examples" in shown, (path, method)
        assert operation["summary"], (path, method)


def test_every_refusal_of_the_contract_is_documented(document: dict[str, Any]) -> None:
    text = str(document)
    of_no_call = {
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.InternalError,
        errors.PaidForReal,
        errors.CrossSite,
        errors.NothingToRefund,
        errors.KeyNotFound,
        errors.KeyTaken,
        errors.InsufficientScope,
    }
    for refusal in set(errors.Refusal.__subclasses__()) - of_no_call:
        assert f"'error': '{refusal.code}'" in text, refusal


def test_the_examples_are_true(app: Any) -> None:
    """What /docs offers to send works, and is answered with the fields it shows."""
    client = app.test_client()
    document = client.get("/openapi.json").json
    for path, status in (("/api/v1/purchase/invoice", "201"), ("/api/v1/purchase", "200")):
        operation = document["paths"][path]["post"]
        body = operation["requestBody"]["content"]["application/json"]["example"]
        caller = next(
            one["example"] for one in operation["parameters"] if one["name"] == "X-User-Id"
        )
        answer = client.post(path, json=body, headers={"X-User-Id": caller})
        shown = operation["responses"][status]["content"]["application/json"]["example"]
        assert answer.status_code == int(status)
        assert list(answer.json) == list(shown)
        assert {name: type(value) for name, value in answer.json.items()} == {
            name: type(value) for name, value in shown.items()
        }


def test_docs_need_nothing_from_outside(app: Any) -> None:
    client = app.test_client()
    page = client.get("/docs")
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) >= 3
    for address in addresses:
        assert address.startswith("/docs/assets/")
        with client.get(address) as file:
            assert (file.status_code, len(file.data) > 1000) == (200, True)
    assert "http" not in page.text.replace("http-equiv", "")
    assert client.get("/docs/assets/../../__init__.py").status_code == 404
