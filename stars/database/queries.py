"""The named statements of sql/queries, loaded once: `queries.NAME(connection, ...)` runs one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiosql
from aiosql.adapters.pyformat import PyFormatAdapter

PACKAGE = Path(__file__).resolve().parents[1]
INSTALLED, CHECKOUT = PACKAGE / "sql", PACKAGE.parent / "sql"
SQL = INSTALLED if INSTALLED.is_dir() else CHECKOUT
"""A wheel has the folder inside the package, a checkout beside it."""


class Compact(PyFormatAdapter):
    """Loads statements on one line each.

    psycopg parses a statement of more than 4096 characters again at each call, which costs 200 us;
    without indentation ours are shorter. Comments stand above a statement, never in it: aiosql
    removes those, and one inside would hide the rest of its line.
    """

    def process_sql(self, query_name: str, op_type: Any, sql: str) -> str:
        """The statement `sql` with every run of white space replaced by one blank."""
        process: Callable[[str, Any, str], str] = super().process_sql
        return " ".join(process(query_name, op_type, sql).split())

    def select_one(
        self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> Any:
        """The first row of a statement, or None."""
        return conn.cursor_of(sql).execute(sql, parameters).fetchone()

    def select_value(self, conn: Any, query_name: str, sql: str, parameters: Any) -> Any:
        """The first value of the first row, or None."""
        row = conn.cursor_of(sql).execute(sql, parameters).fetchone()
        return row[0] if row else None


queries: Any = aiosql.from_path(SQL / "queries", Compact, encoding="utf-8")
