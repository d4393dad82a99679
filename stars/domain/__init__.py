"""What may happen to a purchase and what is said of it. No Flask, no HTTP, no Telegram."""
