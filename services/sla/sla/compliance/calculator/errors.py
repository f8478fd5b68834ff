"""What the assessment calculator does not accept."""

from common.errors import Invalid


class WindowTooLong(Invalid, slug="window-too-long"):
    """A window is longer than nothing, and has at most 50 years and 40,000 shifts."""


class MethodNeedsOtherData(Invalid, slug="method-needs-other-data"):
    """The method time is assessed from downtimes, every other method from slices."""


class SlicesTooShort(Invalid, slug="slices-too-short"):
    """A slice lasts at least a microsecond."""


class TooManyEvents(Invalid, slug="too-many-events"):
    """All slices together hold at most 2^53 events."""
