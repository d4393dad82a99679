"""A webhook with a certificate of its own: accepted, believed, and nobody else believed."""

import json
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from harness.simulator import TOKEN, Hook, Sim, listening
from werkzeug.serving import make_server


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that vouches for itself, and its key."""
    folder.mkdir()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = [
        *("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2"),
        *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", str(key), "-out", str(certificate)),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def secured(tmp_path: Path, hook: Hook) -> Iterator[Path]:
    """The bot's webhook behind https; its certificate."""
    certificate, key = self_signed(tmp_path / "own")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server = make_server("127.0.0.1", 0, hook, threaded=True, ssl_context=context)
    with listening(server) as address:
        hook.address = address.replace("http://", "https://")
        yield certificate


def set_webhook(sim: Sim, hook: Hook, certificate: bytes, part: str = "certificate") -> bool:
    data = {"url": hook.address}
    if part != "certificate":
        data["certificate"] = f"attach://{part}"
    address = f"{sim.address}/bot{TOKEN}/setWebhook"
    files = {part: ("certificate.pem", certificate)}
    return bool(requests.post(address, data=data, files=files, timeout=10).json()["ok"])


@pytest.mark.parametrize("part", ["certificate", "file0"])
def test_a_webhook_is_believed_by_the_certificate_that_was_uploaded(
    sim: Sim, hook: Hook, secured: Path, part: str
) -> None:
    assert set_webhook(sim, hook, secured.read_bytes(), part)
    assert sim.ask("getWebhookInfo")["has_custom_certificate"] is True
    assert sim.pay(sim.link(), sim.user())["status"] == "paid"
    assert hook.kinds() == ["pre_checkout_query", "successful_payment"]


def test_without_it_or_with_another_nothing_is_delivered(
    sim: Sim, hook: Hook, secured: Path, tmp_path: Path
) -> None:
    other, _ = self_signed(tmp_path / "other")
    for certificate in (None, other.read_bytes()):
        if certificate:
            assert set_webhook(sim, hook, certificate)
        else:
            sim.ask("setWebhook", url=hook.address)
        sim.act("message", user=sim.user(), text="Hello")
        sim.quiet()
        assert "certificate verify failed" in sim.ask("getWebhookInfo")["last_error_message"]
    assert hook.came == []


def test_what_is_no_certificate_is_refused(sim: Sim, hook: Hook) -> None:
    assert not set_webhook(sim, hook, b"nonsense")
    as_text = sim.call("setWebhook", url=hook.address, certificate="-----BEGIN CERTIFICATE-----")
    assert as_text["description"] == "Bad Request: bad webhook: certificate must be a file"
    assert sim.ask("getWebhookInfo")["url"] == ""
    assert "nonsense" not in json.dumps(sim.look("journal"))
