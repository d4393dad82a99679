"""Who is calling: a user, a program of the shop's own, or somebody of the staff."""
