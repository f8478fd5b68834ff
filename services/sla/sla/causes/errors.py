"""The rules of a cause that a request can break."""

from common.errors import Conflict, Invalid


class CauseAlreadyEliminated(Conflict, slug="cause-already-eliminated"):
    """An eliminated cause does not change, and no further issue has it; record another cause instead."""


class KnownErrorWithoutDescription(Invalid, slug="known-error-without-description"):
    """A known error has been analysed, so it needs a description."""
