"""A server of public keys, as an identity provider runs one, and the tokens it signs."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

PATH = "/jwks.json"


@dataclass
class KeyServer:
    """Private keys by their ids, and how often the public ones were fetched."""

    address: str
    private_keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)
    fetched: int = 0
    broken: bool = False

    def add_key(self, key_id: str) -> None:
        """Make a key and publish it."""
        self.private_keys[key_id] = ec.generate_private_key(ec.SECP256R1())

    def token(self, key_id: str, **claims: Any) -> str:
        """Return a token signed with a key; `claims` change or add to what it says of alice."""
        said = {"sub": "alice", "exp": time.time() + 60} | claims
        return jwt.encode(said, self.private_keys[key_id], "ES256", {"kid": key_id})

    def document(self) -> bytes:
        """Return the key set."""
        keys = []
        for key_id, private in self.private_keys.items():
            public = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
            keys.append({**public, "kid": key_id, "use": "sig"})
        return json.dumps({"keys": keys}).encode()


@contextmanager
def key_server() -> Iterator[KeyServer]:
    """Run a server of public keys on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.fetched += 1
            self.send_response(500 if served.broken else 200)
            self.end_headers()
            self.wfile.write(served.document())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = KeyServer(f"http://127.0.0.1:{server.server_port}{PATH}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
