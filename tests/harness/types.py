"""The types of what the fixtures give, named after the fixtures."""

from collections.abc import Callable
from typing import Any

import psycopg
from click.testing import Result
from flask import Flask

from harness.servers import Served

Command = Callable[..., Result]
"""Runs a command: command("purchase", "fail", "p1")."""

Logged = Callable[..., list[dict[str, Any]]]
"""Gives log lines: logged() all but the requests' own, logged("name") those of that name."""

MakeApp = Callable[..., Flask]
"""Makes an app on the test's database: make_app(mode="live", ...)."""

Serve = Callable[..., Served]
"""Starts the service as a process: serve(DATABASE_URL=...)."""

Sql = psycopg.Connection[Any]
"""A look into the test's database from beside the service."""
