"""Real money: what Telegram asks and tells, and what follows from it."""
