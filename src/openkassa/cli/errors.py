"""Troubles that a person can do something about: one clear text, no traceback."""


class Trouble(Exception):
    """The command can't do its work; the text says what is wrong, where, and what to do."""

    exit_code = 1


class HomeTaken(Trouble):
    """Another process works on this home; the text says which."""

    exit_code = 2


class UnknownSchema(Trouble):
    """The database has another schema than this version of the program."""

    exit_code = 3
