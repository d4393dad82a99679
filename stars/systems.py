"""Which operating systems the service runs on."""

import sys


def refuse_windows() -> None:
    """End the process on Windows, and say in one line what to do there."""
    if sys.platform == "win32":
        sys.exit(
            "This runs on Linux and macOS. On Windows run it in WSL: https://aka.ms/wslinstall"
        )
