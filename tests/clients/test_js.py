"""clients/js: its own tests, its types, and that it fits the service."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from harness.constants import ROOT
from harness.node import install, without_node
from harness.servers import clean_environment
from harness.types import Serve, Sql
from standardwebhooks import Webhook

CLIENT = ROOT / "clients" / "js"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

pytestmark = without_node


def run(*words: str | Path, given: str = "", **environment: str) -> str:
    """Return what a program prints that is started in the client's folder."""
    finished = subprocess.run(
        words,
        cwd=CLIENT,
        env=clean_environment(**environment),
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_its_own_tests_pass() -> None:
    assert "# fail 0" in run("node", "--test", "--test-reporter=tap")


def test_its_types_fit_its_code_and_a_program_that_uses_it() -> None:
    run(install(CLIENT) / ".bin" / "tsc")


def test_its_types_are_those_of_the_published_document(app: Flask) -> None:
    """Out of date? npm run types -- http://127.0.0.1:8000/openapi.json."""
    document = app.test_client().get("/openapi.json").text
    made = run("node", "scripts/types.mjs", given=document)
    assert made == (CLIENT / "types" / "api.d.ts").read_text(encoding="utf-8")


def test_its_declarations_are_those_of_its_code(tmp_path: Path) -> None:
    """Out of date? npm run build."""
    run(install(CLIENT) / ".bin" / "tsc", "-p", "tsconfig.build.json", "--outDir", tmp_path)
    made = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    types = CLIENT / "types"
    kept = {name: (types / name).read_text(encoding="utf-8") for name in made}
    assert made == kept
    assert set(made) | {"api.d.ts"} == {file.name for file in types.iterdir()}


def test_the_package_has_all_it_needs() -> None:
    install(CLIENT)
    [packed] = json.loads(run("npm", "pack", "--json", "--dry-run", "--ignore-scripts"))
    files = {file["path"] for file in packed["files"]}
    assert {"README.md", "package.json", "src/index.js", "types/api.d.ts"} <= files
    assert not any("test" in file or "node_modules" in file for file in files)


BUY = """
    import { createClient, createShop } from "./src/index.js";
    const { STARS } = process.env;
    const identity = { "X-User-Id": "alice" };
    const client = createClient({ service: STARS, identity });
    const pay = (url) => {
        fetch(url, { method: "POST", body: new URLSearchParams({ outcome: "paid" }) });
    };
    const shop = createShop({ client, openInvoice: pay });
    const { purchase } = await shop.buy({ item_id: "sword", price_stars: 50 });
    const events = await client.events(purchase.purchase_id);
    console.log(purchase.status, events.map((event) => event.event_type).join(" "));
    console.log(JSON.stringify(await client.items()));
    await client.invoice({ purchase_id: purchase.purchase_id, item_id: "x", price_stars: 1 })
        .catch((error) => console.log(error.code, error.mismatched.join(" ")));
"""


def test_it_buys_from_the_service(url: str, serve: Serve, sql: Sql) -> None:
    served = serve(DATABASE_URL=url)
    assert run("node", "--input-type=module", "-e", BUY, STARS=served.address).splitlines() == [
        "succeeded purchase_invoice_created purchase_succeeded",
        "[]",
        "purchase_conflict item_id price_stars",
    ]
    assert sql.execute("SELECT status FROM purchases").fetchall() == [("succeeded",)]


VERIFY = """
    import { readFileSync } from "node:fs";
    import { verifyNotification } from "./src/index.js";
    const message = await verifyNotification(JSON.parse(readFileSync(0, "utf8")));
    console.log(message.type);
"""


def test_it_verifies_what_the_service_signs() -> None:
    now = datetime.now(UTC)
    body = '{"type": "purchase.succeeded", "data": {"item_id": "⚔"}}'
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_1", now, body),
    }
    request = json.dumps({"body": body, "headers": headers, "secret": SECRET})
    assert run("node", "--input-type=module", "-e", VERIFY, given=request) == "purchase.succeeded\n"
