"""What is refused of a push: the rules for labels and instants, and the reasons that the sender is given."""

from collections.abc import Iterable

from sla.indicators.definition import ALERT_METRIC, INDICATOR_LABEL, PART_LABEL
from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.ingest.instants import EARLIEST_MS, MAX_CLOCK_SKEW_MS, describe_untimely, is_timely
from sla.measurements.ingest.series_labels import Labels, format_labels
from sla.measurements.samples import Ints, Mask

MAX_LABELS = 100
MAX_NAME_BYTES = 2048
"""Of the name of a metric or label, which may be any text, as UTF-8: PostgreSQL indexes no longer ones."""
MAX_VALUE_LENGTH = 2048
"""Characters."""
MAX_NAMED_REFUSALS = 5


class Refusal(ValueError):
    """The reason why a part of a push is refused, in words for its sender."""


class Refusals:
    """The reasons why parts of a push are refused: all are counted, the first few are named."""

    def __init__(self) -> None:
        self.count = 0
        self.named: list[str] = []

    def add(self, reason: str) -> None:
        """Add a reason, which names the refused part."""
        self.count += 1
        if self.names_next:
            self.named.append(reason)

    @property
    def names_next(self) -> bool:
        """True if the next reason is told to the sender, and not only counted."""
        return len(self.named) < MAX_NAMED_REFUSALS

    def add_untimely(self, kind: str, position: Ints, at: Ints, now: int) -> Mask:
        """Refuse what `check_instant` would. Return a mask of the others."""
        timely: Mask = (at >= EARLIEST_MS) & (at <= now + MAX_CLOCK_SKEW_MS)
        for place, instant in zip(position[~timely].tolist(), at[~timely].tolist(), strict=True):
            self.add(f"{kind} {place}: {describe_untimely(instant, now)}")
        return timely

    @property
    def message(self) -> str:
        more = self.count - len(self.named)
        return "; ".join(self.named) + (f"; and {more} more" if more else "")


def check_instant(at: int, now: int) -> None:
    """Raise Refusal unless an instant (ms) is one that a sample may have."""
    if not is_timely(at, now):
        raise Refusal(describe_untimely(at, now))


def build_labels(pairs: Iterable[tuple[str, str]]) -> Labels:
    """Return the labels that a sender wrote, in whatever order. Raise Refusal if they break a rule.

    As in Prometheus, a label without a value is no label.
    """
    ordered = tuple(sorted(pairs))
    if problem := _label_problem(ordered):
        raise Refusal(f"{format_labels(ordered)}: {problem}" if ordered else problem)
    return tuple(pair for pair in ordered if pair[1])


def _label_problem(labels: Labels) -> str | None:
    names = [name for name, _ in labels]
    if not any(name == METRIC_NAME_LABEL and value for name, value in labels):
        return f"{METRIC_NAME_LABEL} is missing"
    if len(names) > MAX_LABELS:
        return f"there are more than {MAX_LABELS} labels"
    if len(set(names)) < len(names):
        return f'label "{next(name for name in names if names.count(name) > 1)}" appears twice'
    return next((problem for name, value in labels if (problem := _pair_problem(name, value))), None)


def _pair_problem(name: str, value: str) -> str | None:
    if name in (INDICATOR_LABEL, PART_LABEL):
        return f"label {name} is reserved for samples that name an indicator"
    if not _is_name(name):
        return f'"{name[:60]}" is not a valid label name'
    if len(value) > MAX_VALUE_LENGTH or "\x00" in value:
        return f"the value of {name[:60]} is longer than {MAX_VALUE_LENGTH} characters, or holds U+0000"
    if name == METRIC_NAME_LABEL and value == ALERT_METRIC:
        return f"{ALERT_METRIC} is reserved for the alerts of Alertmanager"
    if name == METRIC_NAME_LABEL and not _is_name(value):
        return f'"{value[:60]}" is not a valid metric name'
    return None


def _is_name(text: str) -> bool:
    return bool(text) and "\x00" not in text and len(text.encode()) <= MAX_NAME_BYTES
