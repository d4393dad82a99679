"""The pages for people: the home page, the page of an invoice, and chats."""
