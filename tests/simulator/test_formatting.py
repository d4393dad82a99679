"""Parse modes: the plain text and entities that a bot gets back, and Telegram's refusals."""

from typing import Any

import pytest
from harness.simulator import Sim


def entity(kind: str, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


def sent(sim: Sim, text: str, mode: str = "", **more: Any) -> tuple[str, list[dict[str, Any]]]:
    user = sim.user()
    message = sim.ask("sendMessage", chat_id=user, text=text, parse_mode=mode, **more)
    return message["text"], message.get("entities", [])


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("a &lt; b &amp; c &#33;", "a < b & c !", []),
        ("<b>bold</b> <i>it</i>", "bold it", [entity("bold", 0, 4), entity("italic", 5, 2)]),
        ("😀<b>я</b>", "😀я", [entity("bold", 2, 1)]),
        ("<b>a<i>b</i></b>", "ab", [entity("bold", 0, 2), entity("italic", 1, 1)]),
        ("<b></b>x", "x", []),
        (
            '<a href="https://a.b/?c&amp;d">x</a>',
            "x",
            [entity("text_link", 0, 1, url="https://a.b/?c&d")],
        ),
        ("<a>https://a.bc</a>", "https://a.bc", [entity("url", 0, 12)]),
        ('<span class="tg-spoiler">x</span>', "x", [entity("spoiler", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [entity("expandable_blockquote", 0, 1)]),
        (
            '<pre><code class="language-python">1</code></pre>',
            "1",
            [entity("pre", 0, 1, language="python")],
        ),
        (
            '<tg-emoji emoji-id="5">x</tg-emoji>',
            "x",
            [entity("custom_emoji", 0, 1, custom_emoji_id="5")],
        ),
        (
            "<u>a</u><s>b</s><del>c</del>",
            "abc",
            [
                entity("underline", 0, 1),
                entity("strikethrough", 1, 1),
                entity("strikethrough", 2, 1),
            ],
        ),
    ],
)
def test_html(sim: Sim, source: str, text: str, entities: list[Any]) -> None:
    assert sent(sim, source, "HTML") == (text, entities)


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        (
            "*bold* _it_ __u__ ~s~ ||sp||",
            "bold it u s sp",
            [
                entity("bold", 0, 4),
                entity("italic", 5, 2),
                entity("underline", 8, 1),
                entity("strikethrough", 10, 1),
                entity("spoiler", 12, 2),
            ],
        ),
        ("*a _b_*", "a b", [entity("bold", 0, 3), entity("italic", 2, 1)]),
        (r"1\.5 \+ 1", "1.5 + 1", []),
        ("`a.b!`", "a.b!", [entity("code", 0, 4)]),
        ("```js\n1.5```", "1.5", [entity("pre", 0, 3, language="js")]),
        (r"[x](https://a.b/\))", "x", [entity("text_link", 0, 1, url="https://a.b/)")]),
        (">a\n>b\nc", "a\nb\nc", [entity("blockquote", 0, 4)]),
    ],
)
def test_markdown_v2(sim: Sim, source: str, text: str, entities: list[Any]) -> None:
    assert sent(sim, source, "MarkdownV2") == (text, entities)


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        (
            "*b* _i_ `c` 1.5!",
            "b i c 1.5!",
            [
                entity("bold", 0, 1),
                entity("italic", 2, 1),
                entity("code", 4, 1),
            ],
        ),
        ("[x](https://a.bc)", "x", [entity("text_link", 0, 1, url="https://a.bc")]),
        (r"snake\_case [x]", "snake_case [x]", []),
    ],
)
def test_markdown(sim: Sim, source: str, text: str, entities: list[Any]) -> None:
    assert sent(sim, source, "Markdown") == (text, entities)


@pytest.mark.parametrize(
    ("mode", "source", "why"),
    [
        ("HTML", "я<x>", 'Unsupported start tag "x" at byte offset 2'),
        ("HTML", "1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("HTML", "<span>x</span>", 'Unsupported start tag "span" at byte offset 0'),
        ("HTML", "<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("HTML", "x</b>", "Unexpected end tag at byte offset 1"),
        ("HTML", "<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        (
            "MarkdownV2",
            "1.5",
            "Character '.' is reserved and must be escaped with the preceding '\\'",
        ),
        ("MarkdownV2", "a *b", "Can't find end of Bold entity at byte offset 2"),
        ("Markdown", "я _b", "Can't find end of the entity at byte offset 3"),
    ],
)
def test_broken_markup_is_refused_with_the_place(
    sim: Sim, mode: str, source: str, why: str
) -> None:
    answer = sim.call("sendMessage", chat_id=sim.user(), text=source, parse_mode=mode)
    assert answer["description"] == f"Bad Request: can't parse entities: {why}"


def test_addresses_commands_mentions_and_hashtags_are_found(sim: Sim) -> None:
    text, entities = sent(sim, "/start@a_bot see https://a.bc/d?e=/f. or @alice #деньги a/b #1")
    found = [(one["type"], text[one["offset"] : one["offset"] + one["length"]]) for one in entities]
    assert found == [
        ("bot_command", "/start@a_bot"),
        ("url", "https://a.bc/d?e=/f"),
        ("mention", "@alice"),
        ("hashtag", "#деньги"),
    ]


def test_entities_that_are_given_stay_and_are_not_searched(sim: Sim) -> None:
    given = [entity("code", 0, 6)]
    assert sent(sim, "/start /stop", entities=given) == (
        "/start /stop",
        [*given, entity("bot_command", 7, 5)],
    )
