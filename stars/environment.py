"""Where the settings come from: the environment, and in development the file `.env` beside it.

One place decides, for the web line and for the `flask` commands alike.
"""

import os
from pathlib import Path

import dotenv

FILE = Path(".env")

READ_BY_FLASK = (".flaskenv", ".env")

AT_THE_START = Path("/proc/self/environ")
"""What Linux keeps of the environment that a process was started with."""


def settle() -> None:
    """Let os.environ hold what counts, and nothing else.

    Raises:
        OSError, UnicodeDecodeError: the file `.env` cannot be read.

    """
    forget_what_flask_has_read()
    if os.environ.get("APP_ENV", "development") == "development" and FILE.is_file():
        dotenv.load_dotenv(FILE)


def forget_what_flask_has_read() -> None:
    """Take out what came from files.

    Before it loads the app, the `flask` command reads these files of this folder and of all above
    it, whatever APP_ENV says. Where the system does not tell what there was before, it all stays.
    """
    if "FLASK_RUN_FROM_CLI" not in os.environ or not AT_THE_START.exists():
        return
    entries = os.fsdecode(AT_THE_START.read_bytes()).split("\0")
    given = {entry.partition("=")[0] for entry in entries}
    for name in READ_BY_FLASK:
        path = dotenv.find_dotenv(name, usecwd=True)
        for variable in dotenv.dotenv_values(path) if path else ():
            if variable not in given:
                os.environ.pop(variable, None)
