"""Series selectors as Prometheus writes them: `http_requests_total{job="shop", code=~"5.."}`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import promql_parser
import re2
from promql_parser import MatchOp, VectorSelector

from sla.indicators.errors import InvalidSelector

MAX_SELECTOR_LENGTH = 1000
METRIC_NAME_LABEL = "__name__"

_BARE_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_BARE_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
"""Names that need no quotes; any other text stands in quotes, a metric's within the braces."""
_NOT_A_METRIC = re.compile("anchored|atan2|bool|group_left|group_right|ignoring|inf|nan|on|smoothed", re.IGNORECASE)
"""Words that mean something else where a metric could stand."""
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class Matcher:
    label: str
    value: str
    is_negated: bool
    pattern: Any = field(default=None, compare=False, repr=False)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Match as Prometheus does: an absent label is an empty one, and patterns match the whole value."""
        value = labels.get(self.label, "")
        is_match = value == self.value if self.pattern is None else self.pattern.fullmatch(value) is not None
        return is_match != self.is_negated

    @property
    def names_metric(self) -> bool:
        """Tell whether it asks for one metric by its name."""
        return self.label == METRIC_NAME_LABEL and self.pattern is None and not self.is_negated


@dataclass(frozen=True, slots=True)
class Selector:
    metric: str
    matchers: tuple[Matcher, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        same_metric = labels.get(METRIC_NAME_LABEL) == self.metric
        return same_metric and all(matcher.matches(labels) for matcher in self.matchers)


def parse_selector(text: str, place: int | None = None) -> Selector:
    """Parse a selector of one metric. Raise InvalidSelector, which names its `place` among an indicator's series."""
    try:
        return _parse(text)
    except InvalidSelector as error:
        error.field = "selector" if place is None else f"series[{place}].selector"
        raise


def format_series(labels: Iterable[tuple[str, str]]) -> str:
    """Format labels as Prometheus prints a series, which is a selector of it."""
    pairs = list(labels)
    metric = next((value for name, value in pairs if name == METRIC_NAME_LABEL), "")
    is_bare = not metric or bool(_BARE_METRIC.fullmatch(metric) and not _NOT_A_METRIC.fullmatch(metric))
    names = [(name if _BARE_LABEL.fullmatch(name) else _quote(name), value) for name, value in pairs]
    matchers = [f"{name}={_quote(value)}" for name, value in names if name != METRIC_NAME_LABEL]
    matchers = matchers if is_bare else [_quote(metric), *matchers]
    return (metric if is_bare else "") + (f"{{{', '.join(matchers)}}}" if matchers else "")


def _quote(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _parse(text: str) -> Selector:
    matchers = parse_matchers(text)
    names = {matcher.value for matcher in matchers if matcher.names_metric}
    if len(names) != 1:
        raise InvalidSelector("A selector names exactly one metric, as in probe_success{job='shop'}.")
    return Selector(names.pop(), matchers)


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """Parse the conditions of a selector, which need not name a metric. Raise InvalidSelector."""
    if len(text) > MAX_SELECTOR_LENGTH:
        raise InvalidSelector(f"A selector has at most {MAX_SELECTOR_LENGTH} characters.")
    try:
        expression = promql_parser.parse(text)
    except ValueError as error:
        raise InvalidSelector(f"The selector cannot be read: {error}.") from None
    if not isinstance(expression, VectorSelector) or expression.offset or expression.at:
        raise InvalidSelector("A selector only names series, as in probe_success{job='shop'}.")
    if expression.matchers.or_matchers:
        raise InvalidSelector("Separate matchers by commas.")
    matchers = tuple(map(_build_matcher, expression.matchers.matchers))
    return (Matcher(METRIC_NAME_LABEL, expression.name, is_negated=False), *matchers) if expression.name else matchers


def _build_matcher(matcher: promql_parser.Matcher) -> Matcher:
    if "\x00" in matcher.name + matcher.value:
        raise InvalidSelector(f"The name or value of {matcher.name} holds a character that a label cannot have.")
    is_pattern = matcher.op in (MatchOp.Re, MatchOp.NotRe)
    pattern = _compile_pattern(matcher.name, matcher.value) if is_pattern else None
    return Matcher(matcher.name, matcher.value, matcher.op in (MatchOp.NotEqual, MatchOp.NotRe), pattern)


def _compile_pattern(label: str, value: str) -> Any:
    """Compile with RE2, as Prometheus does: matching takes time linear in the length of the value."""
    options = re2.Options()
    options.dot_nl, options.log_errors, options.max_mem = True, False, 1 << 20
    try:
        return re2.compile(value, options)
    except re2.error as error:
        raise InvalidSelector(f"RE2 cannot read the pattern of {label}: {error}.") from None
