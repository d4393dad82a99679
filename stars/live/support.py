"""/paysupport, /terms and /privacy: what every bot that sells has to answer.

https://telegram.org/tos/bot-developers 6.2.1. We answer where no other bot of the shop's does.
"""

import json
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from stars.config import Settings
from stars.database.pool import Database
from stars.domain import items, search
from stars.domain.search import Filters
from stars.domain.types import Json, Purchase
from stars.live.updates import OtherUpdate, Update

TEXTS = json.loads((Path(__file__).parent / "support.json").read_text(encoding="utf-8"))
"""What a user reads, by language and name."""

SHOWN = 5
"""Purchases: what somebody asks about is among the latest, and it fits into one message."""

COMMAND = re.compile(r"/(paysupport|terms|privacy)(@\w+)?(\s.*)?", re.DOTALL)

Topic = Literal["paysupport", "terms", "privacy"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Question:
    """Somebody wrote one of the commands to the bot, in their private chat with it."""

    topic: Topic
    user_id: int
    language: str


@dataclass(frozen=True, kw_only=True)
class Support:
    """Answers the questions.

    `contact`: whom to write to. `keep_updates`: the days for which updates are kept.
    """

    contact: str | None
    terms_url: str | None
    privacy_url: str | None
    keep_updates: int

    @classmethod
    def from_settings(cls, settings: Settings) -> "Support | None":
        """Return who answers, None if that is the shop's own bot."""
        if settings.forward_updates_url is not None:
            return None
        return cls(
            contact=settings.support_contact,
            terms_url=settings.terms_url,
            privacy_url=settings.privacy_url,
            keep_updates=settings.keep_updates,
        )

    def answer(self, db: Database, question: Question) -> Json:
        """Return the call that answers a question, as the body of our answer to its update.

        Raises:
            Busy, DatabaseUnavailable: nobody can tell what was bought.

        """
        texts = TEXTS["ru" if question.language.startswith("ru") else "en"]
        match question.topic:
            case "paysupport":
                text = self._about_purchases(db, str(question.user_id), texts)
            case "terms":
                text = self._about_terms(texts)
            case "privacy":
                text = self._about_privacy(texts)
        log.info("support_answered", extra={"topic": question.topic})
        return {"method": "sendMessage", "chat_id": question.user_id, "text": text}

    def _about_purchases(self, db: Database, user_id: str, texts: dict[str, str]) -> str:
        filters = Filters(user_id=user_id, mode="live")
        found = search.find_page(db, filters, limit=SHOWN)
        titles = {item["item_id"]: item["title"] for item in items.find(db)} if found else {}
        lines = [describe(purchase, titles, texts) for purchase in found]
        heading = texts["purchases" if lines else "no_purchases"]
        contact = texts["no_contact"]
        if self.contact:
            contact = texts["contact"].format(contact=self.contact)
        return "\n\n".join([heading, *lines, contact])

    def _about_terms(self, texts: dict[str, str]) -> str:
        if self.terms_url:
            return texts["terms_url"].format(url=self.terms_url)
        return texts["terms"]

    def _about_privacy(self, texts: dict[str, str]) -> str:
        if self.privacy_url:
            return texts["privacy_url"].format(url=self.privacy_url)
        contact = self.contact or texts["the_shop"]
        return texts["privacy"].format(days=self.keep_updates, contact=contact)


def describe(purchase: Purchase, titles: dict[str, str], texts: dict[str, str]) -> str:
    """Return what a buyer reads of a purchase. `titles` are those of the items."""
    state: str = purchase["status"]
    if state == "succeeded" and purchase["fulfilled_at"]:
        state = "fulfilled"
    item_id = purchase["item_id"]
    return texts["line"].format(
        date=purchase["created_at"][:10],
        title=titles.get(item_id, item_id),
        stars=purchase["price_stars"],
        state=texts[state],
        purchase_id=purchase["purchase_id"],
    )


def question_in(update: Update) -> Question | None:
    """Return the question that an update asks, None if it asks none.

    In a group nobody is told what somebody has bought.
    """
    if not isinstance(update, OtherUpdate):
        return None
    message = update.content.get("message")
    if not isinstance(message, dict):
        return None
    chat, sender, text = message.get("chat"), message.get("from"), message.get("text")
    if not isinstance(chat, dict) or not isinstance(sender, dict) or not isinstance(text, str):
        return None
    command = COMMAND.fullmatch(text)
    if command is None or chat.get("type") != "private" or type(sender.get("id")) is not int:
        return None
    return Question(
        topic=cast(Topic, command[1]),
        user_id=sender["id"],
        language=str(sender.get("language_code", "")),
    )
