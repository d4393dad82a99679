"""What all pages share: their language, their headers, and refusals as a page."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from flask import Response, render_template, request

from stars.errors import Refusal
from stars.web.compression import compress
from stars.web.problems import refusal_headers
from stars.web.requests import service

TEXTS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "texts.json").read_text(encoding="utf-8")
)
POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-src {frames}",
        "frame-ancestors {framed_by}",
    ]
)
"""Nothing from outside, nothing inline: what a name or an id holds can do no harm."""

NOBODY = "'none'"
"""Who may frame a page that nobody may frame."""

SELF = "'self'"
"""The service alone."""

TELEGRAM = ("https://web.telegram.org", "https://*.telegram.org")
"""Telegram's web clients frame a Mini App, and so also what the app frames."""

PICTURES = {"boost": "boost.svg", "cosmetic": "cosmetic.svg"}
"""Of a purchase_type. The others have a star."""


def render(
    template: str,
    status: int = 200,
    framed_by: str = NOBODY,
    frames: str = SELF,
    **values: Any,
) -> Response:
    """Return a page in the reader's language, English or Russian.

    Args:
        template: which page.
        status: its HTTP status.
        framed_by: the origins that may show it in a frame, as CSP has them.
        frames: the origins that it may show in a frame.
        values: what the template shows.

    """
    language = request.accept_languages.best_match(list(TEXTS)) or "en"
    html = render_template(
        template,
        lang=language,
        t=TEXTS[language],
        counted=partial(counted, language),
        as_json=as_json,
        pictures=PICTURES,
        root=root(),
        **values,
    )
    headers = {
        "Content-Security-Policy": POLICY.format(framed_by=framed_by, frames=frames),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "Vary": "Accept-Language",
        "X-Content-Type-Options": "nosniff",
    }
    return compress(Response(html, status, headers), request)


def front_ends() -> str:
    """Return who may frame what buyers see: the origins that may call, and Telegram's clients."""
    return " ".join([SELF, *service().settings.cors_origins, *TELEGRAM])


def allow_isolated(answer: Response) -> Response:
    """Let isolated pages frame this, too, as games made with Godot or Unity are. A redirect counts.

    https://developer.mozilla.org/en-US/docs/Web/API/Window/crossOriginIsolated
    """
    answer.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def root() -> str:
    """Return the way from the current page to the root of the service.

    It is relative: the service may stand under a path of another's.
    """
    return "../" * (request.path.count("/") - 1)


def as_json(document: object) -> str:
    """Return a document as a person writes it. The template escapes it for HTML."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def counted(language: str, number: int, forms: list[str]) -> str:
    """Return a number with its noun, whose forms are [one, a few, many]."""
    plural = plural_in_russian if language == "ru" else plural_in_english
    return f"{number} {forms[plural(number)]}"


def plural_in_english(number: int) -> int:
    """Return which form goes with a number in English."""
    return 0 if number == 1 else 2


def plural_in_russian(number: int) -> int:
    """Return which form goes with a number in Russian."""
    if number % 100 in (11, 12, 13, 14):
        return 2
    if number % 10 == 1:
        return 0
    if number % 10 in (2, 3, 4):
        return 1
    return 2


def see_other(address: str) -> Response:
    """Send the browser on with a GET after a POST; `address` is relative to where it is."""
    return Response(status=303, headers={"Location": address})


def render_refusal(
    template: str, refusal: Refusal, framed_by: str = NOBODY, **values: Any
) -> Response:
    """Return a refusal as a page, with the status and the headers that it has as a document."""
    answer = render(template, refusal.status, framed_by, refusal=refusal, **values)
    answer.headers.update(refusal_headers(refusal))
    return answer
