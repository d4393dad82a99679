"""F1-F10: it works where people run it, with the surroundings made real."""
