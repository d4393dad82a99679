"""Stories that `flask trigger` plays against a running mock or rehearsal, by HTTP alone.

`stories` says what each consists of; `mock` and `rehearsal` are where one is played.
"""
