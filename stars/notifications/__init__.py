"""How the shop's backend learns of a purchase: the feed it reads, and what it is told."""
