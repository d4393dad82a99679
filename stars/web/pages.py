"""What all pages share: their language, their headers, and refusals as a page. The pages are in routes/."""

import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Response, render_template, request

from stars import errors
from stars.web import http

TEXTS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "texts.json").read_text())
# Nothing from outside, nothing inline, nothing embedded: what a name or an id holds can do no harm.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-src 'self'; frame-ancestors {framed_by}"
)
PICTURES = {
    "boost": "boost.svg",
    "cosmetic": "cosmetic.svg",
}  # of a purchase_type; of the others a star


def render(template: str, status: int = 200, framed_by: str = "'none'", **values: Any) -> Response:
    """A page in the reader's language, English or Russian; `framed_by` are the origins that may show it in a frame."""
    language = request.accept_languages.best_match(list(TEXTS)) or "en"
    root = "../" * (
        request.path.count("/") - 1
    )  # relative: the service may stand under a path of another's
    shared = {
        "lang": language,
        "t": TEXTS[language],
        "counted": counted,
        "pictures": PICTURES,
        "root": root,
    }
    html = render_template(template, **shared, **values)
    return Response(
        html,
        status,
        {
            "Content-Security-Policy": POLICY.format(framed_by=framed_by),
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
            "Vary": "Accept-Language",
            "X-Content-Type-Options": "nosniff",
        },
    )


def counted(number: int, forms: list[str]) -> str:
    """A number with its noun, in the form that English or Russian asks for: [one, a few, many]."""
    few = number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14)
    one = number % 10 == 1 and number % 100 != 11 if forms[1] != forms[2] else number == 1
    return f"{number} {forms[0 if one else 1 if few else 2]}"


def see_other(address: str) -> Response:
    """Send the browser on with a GET after a POST; `address` is relative to where it is."""
    return Response(status=303, headers={"Location": address})


def page(
    template_on_refusal: str, framed_by: Callable[[], str] = lambda: "'none'"
) -> Callable[[Any], Any]:
    """Make the view one whose refusals are pages, too, with the headers and the status they have as documents."""

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def shown(*args: Any, **kwargs: Any) -> Response:
            try:
                return view(*args, **kwargs)
            except errors.Refusal as refusal:
                document = http.answer_refusal(refusal)
                answer = render(template_on_refusal, refusal.status, framed_by(), refusal=refusal)
                answer.headers.extend(
                    [
                        (name, value)
                        for name, value in document.headers.items()
                        if name in ("Retry-After", "WWW-Authenticate")
                    ]
                )
                return answer

        return shown

    return decorate
