"""The rules of closure calendars that a request can break."""

from common.errors import Conflict, Invalid


class CalendarUnreadable(Invalid, slug="calendar-unreadable"):
    """An import is an iCalendar document (RFC 5545) of events with a start, an end and few repetitions."""


class EditionAlreadyDecided(Conflict, slug="edition-already-decided"):
    """An edition is approved or rejected once; import other closures anew."""


class ImportTooFar(Invalid, slug="import-too-far"):
    """An import covers days from tomorrow on, for at most five years."""


class ImportUnderWay(Conflict, slug="import-under-way"):
    """A calendar has at most one import that waits for approval."""


class OwnImportApproved(Conflict, slug="own-import-approved"):
    """An import is approved by another person than the one who made it."""
