"""The errors of the program: one root, each with an exit code and the next thing to try.

An *error* means that the program was misused or a file cannot be used at all. What is odd in
the data is an ``Issue``; what matters in the situation is a ``Finding`` (see ``model``).
"""


class RegularizeError(Exception):
    """Root of all expected errors.

    Parameters
    ----------
    message : str
        What happened, naming file, layer and feature. Already in the user's language,
        never with personal data.
    hint : str
        The next command or step to try; may be empty.

    Examples
    --------
    >>> InputError("no such file: a.shp", hint="regularize check a.shp").exit_code
    3
    """

    exit_code = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class RefusedError(RegularizeError):
    """The work was done, but rows were refused, or a check or verification failed."""

    exit_code = 1


class OptionError(RegularizeError):
    """An option or argument is wrong or missing."""

    exit_code = 2


class InputError(RegularizeError):
    """An input is missing, unreadable, or cannot be placed."""

    exit_code = 3


class StoreError(RegularizeError):
    """The store is locked, damaged, or of a newer schema."""

    exit_code = 4


class MissingExtraError(RegularizeError):
    """An optional part of the program is not installed."""

    exit_code = 5
