"""Pages are sent compressed, where nobody can learn anything from how short they have become."""

import gzip

from flask import Request, Response

LEVEL = 5
"""A list of purchases becomes a twelfth of itself in about a millisecond."""

OWN = ("same-origin", "none")
"""What Sec-Fetch-Site says where a page of ours, or the reader's own hand, has asked."""


def compress(answer: Response, request: Request) -> Response:
    """Compress a page, if its reader can read that and no other site had the browser ask for it.

    Whoever sends a browser here again and again, and sees how long the answers are, could guess
    what stands beside words of their own: https://www.breachattack.com
    """
    answer.vary.update(("Accept-Encoding", "Sec-Fetch-Site"))
    may_be = request.accept_encodings["gzip"] > 0 and request.headers.get("Sec-Fetch-Site") in OWN
    if may_be:
        answer.set_data(gzip.compress(answer.get_data(), LEVEL, mtime=0))
        answer.content_encoding = "gzip"
    return answer
