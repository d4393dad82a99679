"""The work that no request waits for: a worker, and what it does every so often."""
