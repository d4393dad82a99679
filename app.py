"""The entry: `python app.py` migrates and serves; `gunicorn app:app` and `flask ...` find the app here."""

if __name__ == "__main__":
    from stars.serve import run

    run()
else:
    from stars import create_app

    app = create_app()
