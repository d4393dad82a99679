"""The entry: gunicorn and `flask` find the app here; `python app.py` migrates and serves."""

import sys

if sys.platform == "win32":
    sys.exit("This runs on Linux and macOS. On Windows run it in WSL: https://aka.ms/wslinstall")

if __name__ == "__main__":
    from stars.start import main

    main()
else:
    from stars.factory import create_app

    app = create_app()
