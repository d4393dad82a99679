"""HTTP: who calls, what was sent, what is answered, and the pages."""
