"""The rules of indicators that a request can break."""

from common.errors import Conflict, Invalid


class IndicatorAlreadyMeasured(Conflict, slug="indicator-already-measured"):
    """An indicator that has samples keeps its definition: retire it and define a successor."""


class IndicatorRetired(Conflict, slug="indicator-retired"):
    """A retired indicator takes no samples and does not change."""


class InvalidSelector(Invalid, slug="invalid-selector"):
    """A selector is written as in Prometheus and names one metric."""


class SeriesPartsMismatch(Invalid, slug="series-parts-mismatch"):
    """A ratio or quality takes two of good, bad and total, a volume takes total, all other kinds take values."""


class ThresholdMismatch(Invalid, slug="threshold-mismatch"):
    """A latency or gauge needs a threshold, a histogram may have one, and counted events have none."""
