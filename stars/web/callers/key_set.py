"""The public keys with which a shop's tokens are checked, fetched from AUTH_JWKS_URL and kept.

https://www.rfc-editor.org/rfc/rfc7517
"""

import json
import logging
import threading
import time
from typing import Any

import httpx
from jwt import PyJWK, PyJWKError
from jwt.exceptions import InvalidKeyError

from stars.errors import IdentityUnavailable
from stars.proxies import ProxyError, way_to

log = logging.getLogger(__name__)

# Seconds.
FRESH = 600.0
"""For so long a key that was taken back is believed."""
PAUSE = 10.0
"""Between two looks for a key that is unknown: strangers can make up as many as they like."""
USABLE = 24 * 3600.0
"""For so long keys serve when no newer ones can be fetched."""
PATIENCE = 3.0
"""For an answer. A caller is promised one within 5 s."""

MAX_BYTES = 256 * 1024
"""Of a key set: hundreds of keys."""


class KeySet:
    """The keys at one address. Safe to share among threads, and to make before a fork."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._fetching = threading.Lock()
        self._keys: dict[str | None, PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")

    def find(self, key_id: str | None) -> PyJWK | None:
        """Return the key with this id; without an id the only one there is. None if there is none.

        Raises:
            IdentityUnavailable: no keys are known, and they cannot be fetched.

        """
        if since(self._fetched_at) > FRESH or key_id not in self._keys:
            self._refresh()
        if since(self._fetched_at) > USABLE:
            raise IdentityUnavailable
        return self._keys.get(key_id)

    def _refresh(self) -> None:
        """Fetch the keys, unless that was tried a moment ago."""
        with self._fetching:
            if since(self._tried_at) < PAUSE:
                return
            self._tried_at = time.monotonic()
            try:
                self._keys = parse(fetch(self._url))
            except (httpx.HTTPError, httpx.InvalidURL, ProxyError, ValueError) as error:
                reason = f"{type(error).__name__}: {error}"
                log.error("identity_unavailable", extra={"reason": reason})
            else:
                self._fetched_at = self._tried_at


def since(moment: float) -> float:
    """Return the seconds that have passed since a moment of time.monotonic."""
    return time.monotonic() - moment


def fetch(url: str) -> bytes:
    """Return what is at an address.

    Raises:
        httpx.HTTPError, httpx.InvalidURL, ProxyError: it cannot be fetched.
        ValueError: there is too much, or it takes too long.

    """
    until = time.monotonic() + PATIENCE
    found = b""
    client = httpx.Client(transport=way_to(url), timeout=PATIENCE)
    with client, client.stream("GET", url) as answer:
        answer.raise_for_status()
        for piece in answer.iter_bytes():
            found += piece
            if len(found) > MAX_BYTES:
                raise ValueError(f"more than {MAX_BYTES} bytes")
            if time.monotonic() > until:
                raise ValueError(f"not whole after {PATIENCE:g} s")
    return found


def parse(document: bytes) -> dict[str | None, PyJWK]:
    """Return the keys of a key set by their ids, and an only one also under None.

    Keys of a kind that is unknown here are left out, as RFC 7517 asks. Raises ValueError.
    """
    found = json.loads(document)
    members = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(members, list):
        raise ValueError("it is no key set")
    keys: dict[str | None, PyJWK] = {}
    for member in members:
        key = parse_key(member)
        if key is not None:
            keys[key.key_id] = key
    if len(keys) == 1:
        keys[None] = next(iter(keys.values()))
    return keys


def parse_key(member: Any) -> PyJWK | None:
    """Return one key of a key set; None for one that is not for signatures, or unknown here."""
    if not isinstance(member, dict) or member.get("use", "sig") != "sig":
        return None
    try:
        return PyJWK.from_dict(member)
    except (PyJWKError, InvalidKeyError):
        return None
