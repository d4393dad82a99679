"""The command `stars`: `serve`, `simulator`, and all that the `flask` command can do."""

import os
import sys

import click
from flask import Flask
from flask.cli import FlaskGroup

from stars import children
from stars.systems import refuse_windows

ANYTHING = {"ignore_unknown_options": True, "help_option_names": []}
"""The settings of a command that hands its words to another program."""


def load_app() -> Flask:
    """Return the service. Imported late: what needs no app shall not wait for one."""
    refuse_windows()
    from stars.factory import create_app

    return create_app()


@click.group(cls=FlaskGroup, create_app=load_app, load_dotenv=False, add_version_option=False)
def main() -> None:
    """Sell for Telegram Stars: a mock, a simulator of Telegram, and the real thing."""


@main.command("serve")
def serve() -> None:
    """Migrate, then serve, with one worker beside; settings come from the environment."""
    refuse_windows()
    become("stars.start")


@main.command("simulator", context_settings=ANYTHING)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def simulator(words: tuple[str, ...]) -> None:
    """Simulate Telegram's side of Stars for any bot; --help tells the options."""
    become("stars.simulator", *words)


def become(module: str, *words: str) -> None:
    """Go on as another program of this Python's, in the same process.

    It starts from nothing: gevent has to patch before others import, and the simulator loads
    nothing of the service.
    """
    os.execve(sys.executable, children.command(module, *words), children.environment())


if __name__ == "__main__":
    main(prog_name="stars")
