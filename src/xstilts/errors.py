"""Errors that are the user's to mend: what is wrong, where, and what to do."""


class UserError(Exception):
    """A message for the person at the keyboard; programs print it without a traceback and exit with 2."""
