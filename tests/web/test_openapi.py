"""G25: the published document says what is answered; /docs needs no help from outside."""

import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from harness.constants import ROOT
from harness.servers import clean_environment
from harness.types import Serve
from werkzeug.test import TestResponse

from stars import errors

METHODS = ("get", "post", "delete")
# These are answers to no documented call: of pages, of commands, or of every address.
OF_NO_CALL = {
    errors.NotFound,
    errors.MethodNotAllowed,
    errors.InternalError,
    errors.PaidForReal,
    errors.CrossSite,
    errors.KeyNotFound,
    errors.KeyTaken,
    errors.EndpointNotFound,
    errors.DeliveryNotFound,
    errors.InvalidEndpoint,
    errors.UserNotFound,
    errors.NotForgotten,
}


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    """The published document."""
    found: dict[str, Any] = app.test_client().get("/openapi.json").json
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every call, by its method and path."""
    found = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                found[f"{method} {path}"] = item[method]
    return found


def test_g25_schemathesis_finds_nothing(url: str, serve: Serve, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    served = serve(DATABASE_URL=url)
    options = {
        "--checks": "all",
        "--max-examples": "20",
        "--seed": str(seed),
        "--header": "X-User-Id: alice",
    }
    config = ["--config-file", str(ROOT / "tests/schemathesis.toml")]
    words = [word for option in options.items() for word in option]
    run = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", *config),
            *("run", f"{served.address}/openapi.json", "--no-color", *words),
        ],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert not re.search(r'"status":50[0-3]', served.output())


def test_every_call_is_summed_up(document: dict[str, Any]) -> None:
    assert [name for name, call in operations(document).items() if not call["summary"]] == []


def test_every_request_and_answer_has_an_example(document: dict[str, Any]) -> None:
    for name, call in operations(document).items():
        bodies = [*call["responses"].values(), call.get("requestBody", {})]
        for body in bodies:
            for content in body.get("content", {}).values():
                assert "example" in content or "examples" in content, name


def test_every_refusal_of_the_contract_is_documented(document: dict[str, Any]) -> None:
    text = str(document)
    for refusal in set(errors.Refusal.__subclasses__()) - OF_NO_CALL:
        assert f"'error': '{refusal.code}'" in text, refusal


def test_the_examples_are_true(app: Flask, document: dict[str, Any]) -> None:
    """What /docs offers to send works in this order, and is answered with the fields it shows."""
    for path, status in (("/api/v1/purchase/invoice", 201), ("/api/v1/purchase", 200)):
        call = operations(document)[f"post {path}"]
        shown = example_of(call["responses"][str(status)])
        answer = send_example(app, path, call)
        assert answer.status_code == status
        assert list(answer.json) == list(shown)
        assert kinds_of(answer.json) == kinds_of(shown)


def send_example(app: Flask, path: str, call: dict[str, Any]) -> TestResponse:
    """Send what /docs offers to send."""
    examples = {parameter["name"]: parameter.get("example") for parameter in call["parameters"]}
    headers = {"X-User-Id": examples["X-User-Id"]}
    body = example_of(call["requestBody"])
    return app.test_client().post(path, json=body, headers=headers)


def example_of(body: dict[str, Any]) -> Any:
    """The example of a request's or an answer's body."""
    return body["content"]["application/json"]["example"]


def kinds_of(document: dict[str, Any]) -> dict[str, type]:
    """What kind of value each member has."""
    return {name: type(value) for name, value in document.items()}


def test_docs_need_nothing_from_outside(app: Flask) -> None:
    page = app.test_client().get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text.replace("http-equiv", "")


def test_docs_have_all_they_need(app: Flask) -> None:
    client = app.test_client()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', client.get("/docs").text)
    assert len(addresses) >= 5
    for address in addresses:
        # Relative: the service may stand under a path of another's.
        assert re.match("(docs/assets|static)/|openapi.json", address)
        with client.get(f"/{address}") as file:
            assert file.status_code == 200
            assert len(file.data) > 200


def test_docs_serve_no_other_file(app: Flask) -> None:
    assert app.test_client().get("/docs/assets/../../__init__.py").status_code == 404
