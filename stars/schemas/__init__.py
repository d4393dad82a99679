"""What goes in and out: single values, and the documents made of them."""
