"""G19: `flask db check` finds whatever was tampered with."""

import pytest
from harness.people import Person
from harness.types import Command, Sql

TAMPERINGS = {
    "status": "UPDATE purchases SET status = 'failed', failed_at = now()",
    "version": "UPDATE purchases SET version = version + 1",
    "time": "UPDATE purchases SET succeeded_at = succeeded_at + interval '1 second'",
    "price": "UPDATE purchases SET price_stars = 1",
    "owner": "UPDATE purchases SET user_id = 'mallory'",
    "event gone": "DELETE FROM events WHERE version = 2",
    "first event gone": "DELETE FROM events WHERE version = 1",
    "every event gone": "DELETE FROM events",
    "event type": "UPDATE events SET event_type = 'purchase_failed' WHERE version = 2",
    "event of nothing": """
        UPDATE events SET event_type = 'purchase_invoice_reopened' WHERE version = 1
    """,
    "event order": """
        UPDATE events SET created_at = created_at - interval '1 hour' WHERE version = 2
    """,
    "event price": """
        UPDATE events SET payload = (payload::jsonb || '{"price_stars": 1}')::json
        WHERE version = 2
    """,
    "event previous status": """
        UPDATE events SET payload = (payload::jsonb || '{"previous_status": "failed"}')::json
        WHERE version = 2""",
    "event user": "UPDATE events SET user_id = 'mallory' WHERE version = 2",
}


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_g19_check_finds_what_was_tampered_with(
    alice: Person, command: Command, sql: Sql, tampering: str
) -> None:
    for purchase_id in ("p1", "sound"):
        alice.invoice(purchase_id)
        alice.purchase(purchase_id)
    assert (command("db", "check").exit_code, command("db", "check", "--json").stdout) == (
        0,
        "[]\n",
    )

    sql.execute("ALTER TABLE events DISABLE TRIGGER events_are_append_only")
    sql.execute("BEGIN")
    sql.execute(f"{tampering} {'AND' if 'WHERE' in tampering else 'WHERE'} purchase_id = 'p1'")
    sql.execute("COMMIT")
    found = command("db", "check")
    sql.execute("DELETE FROM events WHERE purchase_id = 'p1'")
    sql.execute("DELETE FROM purchases WHERE purchase_id = 'p1'")

    assert found.exit_code == 1
    assert "p1" in found.stdout
    assert "sound" not in found.stdout
