"""The entry: gunicorn and `flask` find the app here; `python app.py` migrates and serves."""

from stars.systems import refuse_windows

refuse_windows()  # before anything is imported that does not exist there

if __name__ == "__main__":
    from stars.start import main

    main()
else:
    from stars.factory import create_app

    app = create_app()
