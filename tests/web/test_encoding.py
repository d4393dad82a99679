"""JSON as it goes out: answers, metadata and log lines say what was meant, whatever is in them."""

import io
import json
import logging
from datetime import UTC, datetime

import pytest
from harness.people import Person

from stars import logs
from stars.encoding import decode, encode

LARGE = 2**70
WORDS = "Gläser, чай, 茶, 🍵"


def test_metadata_comes_back_as_it_was_sent(alice: Person) -> None:
    metadata = {"large": LARGE, "small": -LARGE, "words": WORDS, "float": 0.1, "none": None}
    alice.purchase("p1", item_id="tea", price_stars=5, metadata=metadata)

    assert alice.get("p1").json["metadata"] == metadata


def test_what_utf8_has_no_form_for_is_escaped() -> None:
    document = {"half": "\ud800", "words": WORDS}

    assert encode(document).isascii()
    assert json.loads(encode(document)) == document


@pytest.mark.parametrize(
    "text", [b'{"half": "\\ud800"}', b"[1e400]", b"1" + b"0" * 400, b'"\\u0000"']
)
def test_what_python_reads_is_read(text: bytes) -> None:
    assert decode(text) == json.loads(text)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        decode(b"[1,")


def test_what_json_has_no_form_for_is_written_as_text() -> None:
    moment = datetime(2026, 1, 31, tzinfo=UTC)

    assert decode(encode({"at": moment, "kind": ValueError})) == {
        "at": "2026-01-31T00:00:00Z",
        "kind": "<class 'ValueError'>",
    }


def test_a_log_line_is_utf8_whatever_the_language_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    level = root.level
    written = io.BytesIO()
    try:
        logs.configure("INFO", io.TextIOWrapper(written, encoding="latin-1"))
        logging.getLogger("stars.test").info("said", extra={"words": WORDS})
    finally:
        root.setLevel(level)

    line = json.loads(written.getvalue().decode())
    assert (line["message"], line["words"]) == ("said", WORDS)
    assert datetime.fromisoformat(line["timestamp"]).tzinfo == UTC
