"""The rules that a listener to changes can break."""

from common.errors import Malformed, Unavailable


class UnreadablePosition(Malformed, slug="unreadable-position"):
    """A position is the `id` of an earlier message of this stream, unchanged."""


class TooManyListeners(Unavailable, slug="too-many-listeners"):
    """A process, and each person, may have only so many streams of changes open."""

    headers = {"Retry-After": "30"}  # noqa: RUF012 - as its parent's
