"""N4, from the command line: a key is shown once, kept as a hash, listed and revoked."""

from typing import Any

import pytest
from harness.types import Command, Logged, Sql

from stars.domain import api_keys


def create(command: Command, name: str, *scopes: str) -> str:
    """Make a key; its plain text."""
    words = [word for scope in scopes for word in ("--scope", scope)]
    made = command("keys", "create", name, *words)
    assert made.exit_code == 0, made.stderr
    return str(made.stdout).strip()


def test_n4_a_key_is_shown_once_and_its_plain_text_is_kept_nowhere(
    command: Command, sql: Sql, logged: Logged
) -> None:
    plain_text = create(command, "shop", "read")

    assert plain_text.startswith("sk_mock_")
    secret = plain_text.removeprefix("sk_mock_")
    rows = sql.execute("SELECT api_keys::text FROM api_keys").fetchall()
    assert len(rows) == 1
    assert secret not in str(rows)
    assert secret not in command("keys", "list", "--json").stdout
    assert secret not in str(logged())


def test_n4_a_key_has_the_mode_of_the_service_and_the_scopes_it_was_given(
    command: Command, app: Any
) -> None:
    plain_text = create(command, "shop", "write", "read", "write")

    caller = api_keys.recognise(app.extensions["stars"].db, plain_text)

    assert caller == api_keys.Caller(name="shop", mode="mock", scopes=frozenset({"read", "write"}))


def test_n4_a_revoked_key_is_worth_nothing_and_its_name_is_free(command: Command, app: Any) -> None:
    db = app.extensions["stars"].db
    first = create(command, "shop", "read")
    assert command("keys", "revoke", "shop").stdout == "The key shop is revoked.\n"

    assert api_keys.recognise(db, first) is None
    second = create(command, "shop", "read")
    assert api_keys.recognise(db, second) is not None
    assert api_keys.recognise(db, first) is None


def test_n4_a_name_stands_for_one_key(command: Command) -> None:
    create(command, "shop", "read")

    refused = command("keys", "create", "shop", "--scope", "write")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: There is a key shop already")
    assert refused.stdout == ""


def test_n4_an_unknown_name_is_not_revoked(command: Command) -> None:
    refused = command("keys", "revoke", "nobody")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "no key nobody" in refused.stderr


@pytest.mark.parametrize("words", [(), ("--scope", "all"), ("--scope",)])
def test_n4_a_key_without_a_scope_is_not_made(command: Command, words: tuple[str, ...]) -> None:
    assert command("keys", "create", "shop", *words).exit_code == 2


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "кот", "a\n"])
def test_n4_a_name_is_an_identifier(command: Command, name: str) -> None:
    assert command("keys", "create", name, "--scope", "read").exit_code == 2


def test_n4_the_last_use_is_listed_to_the_minute(command: Command, app: Any, sql: Sql) -> None:
    db = app.extensions["stars"].db
    plain_text = create(command, "shop", "read")
    last_used = "SELECT last_used_at FROM api_keys"
    assert sql.execute(last_used).fetchone() == (None,)

    api_keys.recognise(db, plain_text)
    first = sql.execute(last_used).fetchone()
    api_keys.recognise(db, plain_text)

    assert first is not None
    assert first[0] is not None
    assert sql.execute(last_used).fetchone() == first
