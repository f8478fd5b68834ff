"""The rules that a query of measurements can break."""

from common.errors import Conflict, Invalid


class IndicatorIsNotAHistogram(Conflict, slug="indicator-is-not-a-histogram"):
    """Only indicators of kind histogram have observations."""


class TrialTooLarge(Invalid, slug="trial-too-large"):
    """A trial reads a limited number of series and pushes: name fewer series, or a shorter or later window."""
