"""The simulator of Telegram alone, over real HTTP; nothing of the service takes part."""
