"""The entry: `gunicorn app:app` and `flask ...` find the app here; `python app.py` migrates and serves."""

if __name__ == "__main__":
    from stars.start import main

    main()
else:
    from stars.factory import create_app

    app = create_app()
