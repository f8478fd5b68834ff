"""Series selectors as Prometheus writes them: `http_requests_total{job="shop", code=~"5.."}`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import re2

from sla.indicators.errors import InvalidSelector

MAX_SELECTOR_LENGTH = 1000
METRIC_NAME_LABEL = "__name__"

_METRIC_PATTERN = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*")
_MATCHER_PATTERN = re.compile(
    r"""\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)\s*"""
)
_ESCAPE_PATTERN = re.compile(r"\\(.)")
_ESCAPED_CHARACTERS = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}


@dataclass(frozen=True, slots=True)
class Matcher:
    label: str
    operator: str
    value: str
    pattern: Any = field(default=None, compare=False, repr=False)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Match as Prometheus does: an absent label is an empty one, and patterns match the whole value."""
        value = labels.get(self.label, "")
        is_match = value == self.value if self.pattern is None else self.pattern.fullmatch(value) is not None
        return is_match != self.operator.startswith("!")


@dataclass(frozen=True, slots=True)
class Selector:
    metric: str
    matchers: tuple[Matcher, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        same_metric = labels.get(METRIC_NAME_LABEL) == self.metric
        return same_metric and all(matcher.matches(labels) for matcher in self.matchers)


def parse_selector(text: str, place: int | None = None) -> Selector:
    """Parse a selector. Raise InvalidSelector, which names its `place` among an indicator's series."""
    try:
        return _parse(text)
    except InvalidSelector as error:
        error.field = "selector" if place is None else f"series[{place}].selector"
        raise


def _parse(text: str) -> Selector:
    if len(text) > MAX_SELECTOR_LENGTH:
        raise InvalidSelector(f"A selector has at most {MAX_SELECTOR_LENGTH} characters.")
    metric, rest = _split(text)
    matchers = _parse_matchers(rest)
    names = {matcher.value for matcher in matchers if matcher.label == METRIC_NAME_LABEL and matcher.operator == "="}
    names |= {metric} if metric else set()
    if len(names) != 1:
        raise InvalidSelector("A selector names exactly one metric, as in probe_success{job='shop'}.")
    return Selector(names.pop(), tuple(matchers))


def _split(text: str) -> tuple[str | None, str]:
    """Return the metric before the braces, and the text between them."""
    start = _METRIC_PATTERN.match(text)
    metric, rest = (start[1], text[start.end() :].rstrip()) if start else (None, text)
    if rest and not (rest.startswith("{") and rest.endswith("}") and len(rest) > 1):
        raise InvalidSelector(f"The selector cannot be read from character {len(text) - len(rest) + 1} on.")
    return metric, rest[1:-1]


def _parse_matchers(text: str) -> list[Matcher]:
    matchers: list[Matcher] = []
    position = 0
    while text[position:].strip():
        match = _MATCHER_PATTERN.match(text, position)
        if match is None:
            raise InvalidSelector(f'{text[position:].strip()[:40]!r} is not a matcher: write label="value".')
        matchers.append(_build_matcher(match[1], match[2], _unquote(match[3])))
        position = match.end()
        if text[position : position + 1] == ",":
            position += 1
        elif position < len(text):
            raise InvalidSelector("Separate matchers by commas.")
    return matchers


def _build_matcher(label: str, operator: str, value: str) -> Matcher:
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidSelector(f"The value of {label} holds characters that a label cannot have.")
    return Matcher(label, operator, value, _compile_pattern(label, value) if operator.endswith("~") else None)


def _compile_pattern(label: str, value: str) -> Any:
    """Compile with RE2, as Prometheus does: matching takes time linear in the length of the value."""
    options = re2.Options()
    options.dot_nl, options.log_errors, options.max_mem = True, False, 1 << 20
    try:
        return re2.compile(value, options)
    except re2.error as error:
        raise InvalidSelector(f"RE2 cannot read the pattern of {label}: {error}.") from None


def _unquote(text: str) -> str:
    inner = text[1:-1]
    if text[0] == "`":
        return inner
    unknown = [character for character in _ESCAPE_PATTERN.findall(inner) if character not in _ESCAPED_CHARACTERS]
    if unknown:
        raise InvalidSelector(f"\\{unknown[0]} is not an escape: write \\\\ for a backslash.")
    return _ESCAPE_PATTERN.sub(lambda match: _ESCAPED_CHARACTERS[match[1]], inner)
