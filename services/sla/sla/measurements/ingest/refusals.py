"""What is refused of a push: the rules for labels and instants, and the reasons that the sender is given."""

import re
from datetime import timedelta

from common.dates import MAX_CLOCK_SKEW
from sla.indicators.definition import ALERT_METRIC, INDICATOR_LABEL, PART_LABEL
from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.ingest.series_labels import Labels, format_labels
from sla.measurements.samples import Ints, Mask

MAX_CLOCK_SKEW_MS = MAX_CLOCK_SKEW // timedelta(milliseconds=1)
MAX_LABELS = 100
MAX_VALUE_LENGTH = 2048
"""Characters."""
MAX_NAMED_REFUSALS = 5

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Refusal(ValueError):
    """The reason why a part of a push is refused, in words for its sender."""


class Refusals:
    """The reasons why parts of a push are refused: all are counted, the first few are named."""

    def __init__(self) -> None:
        self.count = 0
        self._named: list[str] = []

    def add(self, reason: str) -> None:
        """Add a reason, which names the refused part."""
        self.count += 1
        if len(self._named) < MAX_NAMED_REFUSALS:
            self._named.append(reason)

    def add_untimely(self, kind: str, position: Ints, at: Ints, now: int) -> Mask:
        """Refuse what `check_instant` would. Return a mask of the others."""
        is_timely: Mask = (at >= 0) & (at <= now + MAX_CLOCK_SKEW_MS)
        for place, instant in zip(position[~is_timely].tolist(), at[~is_timely].tolist(), strict=True):
            self.add(f"{kind} {place}: {_untimely(instant)}")
        return is_timely

    @property
    def message(self) -> str:
        more = self.count - len(self._named)
        return "; ".join(self._named) + (f"; and {more} more" if more else "")


def check_instant(at: int, now: int) -> None:
    """Raise Refusal unless an instant lies between 1970 and now (ms), or ahead by no more than clocks may differ."""
    if not 0 <= at <= now + MAX_CLOCK_SKEW_MS:
        raise Refusal(_untimely(at))


def _untimely(at: int) -> str:
    return f"its instant, {at} ms, is more than 10 minutes ahead or before 1970"


def check_labels(labels: Labels) -> None:
    """Raise Refusal if the labels that a sender wrote break a rule."""
    if problem := _label_problem(labels):
        raise Refusal(f"{format_labels(labels)}: {problem}" if labels else problem)


def _label_problem(labels: Labels) -> str | None:
    names = [name for name, _ in labels]
    if METRIC_NAME_LABEL not in names:
        return f"{METRIC_NAME_LABEL} is missing"
    if len(names) > MAX_LABELS:
        return f"there are more than {MAX_LABELS} labels"
    if len(set(names)) < len(names):
        return f"label {next(name for name in names if names.count(name) > 1)!r} appears twice"
    if names != sorted(names):
        return "the labels are not in the order of their names"
    return next((problem for name, value in labels if (problem := _pair_problem(name, value))), None)


def _pair_problem(name: str, value: str) -> str | None:
    if name in (INDICATOR_LABEL, PART_LABEL):
        return f"label {name} is reserved for samples that name an indicator"
    if not _LABEL.fullmatch(name):
        return f"{name[:60]!r} is not a valid label name"
    if not value or len(value) > MAX_VALUE_LENGTH or "\x00" in value:
        return f"the value of {name!r} is empty, longer than {MAX_VALUE_LENGTH} characters, or holds U+0000"
    if name == METRIC_NAME_LABEL and value == ALERT_METRIC:
        return f"{ALERT_METRIC} is reserved for the alerts of Alertmanager"
    if name == METRIC_NAME_LABEL and not _METRIC.fullmatch(value):
        return f"{value[:60]!r} is not a valid metric name"
    return None
