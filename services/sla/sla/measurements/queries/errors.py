"""The rules that a query of measurements can break."""

from common.errors import Conflict, Invalid


class IndicatorIsNotAHistogram(Conflict, slug="indicator-is-not-a-histogram"):
    """Observations are kept for indicators of kind histogram only."""


class TrialTooLarge(Invalid, slug="trial-too-large"):
    """A trial reads a limited number of series and pushes: name fewer series, or a shorter or later window."""
