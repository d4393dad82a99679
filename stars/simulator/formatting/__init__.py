"""Texts of messages: parse modes, and the entities that Telegram finds by itself."""
