"""Series selectors as Prometheus writes them: `http_requests_total{job="shop", code=~"5.."}`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar

import re2

from common.errors import DomainError

MAX_SELECTOR_LENGTH = 1000
"""Characters of a selector."""
METRIC_NAME_LABEL = "__name__"

_METRIC_PATTERN = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*")
_MATCHER_PATTERN = re.compile(
    r"""\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)\s*"""
)
_ESCAPE_PATTERN = re.compile(r"\\(.)")
_ESCAPED_CHARACTERS = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}


class InvalidSelector(DomainError, slug="selector-unreadable"):
    """A selector is written as in Prometheus, and names one metric."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class Matcher:
    label: str
    operator: str
    value: str
    pattern: Any = field(default=None, compare=False, repr=False)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """An absent label is an empty one; patterns match the whole value."""
        found = labels.get(self.label, "")
        hit = found == self.value if self.pattern is None else self.pattern.fullmatch(found) is not None
        return hit != self.operator.startswith("!")


@dataclass(frozen=True, slots=True)
class Selector:
    metric: str
    matchers: tuple[Matcher, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        return labels.get(METRIC_NAME_LABEL) == self.metric and all(
            matcher.matches(labels) for matcher in self.matchers
        )


def parse_selector(text: str, place: int | None = None) -> Selector:
    """Raise SelectorUnreadable, naming the `place` it has among an indicator's series."""
    try:
        return _parsed(text)
    except InvalidSelector as error:
        error.field = "selector" if place is None else f"series[{place}].selector"
        raise


def _parsed(text: str) -> Selector:
    if len(text) > MAX_SELECTOR_LENGTH:
        raise InvalidSelector(f"A selector has at the most {MAX_SELECTOR_LENGTH} characters.")
    metric, rest = _split(text)
    matchers = _matchers(rest)
    names = {matcher.value for matcher in matchers if matcher.label == METRIC_NAME_LABEL and matcher.operator == "="}
    names |= {metric} if metric else set()
    if len(names) != 1:
        raise InvalidSelector("Name one metric, as in probe_success{job='shop'}.")
    return Selector(names.pop(), tuple(matchers))


def _split(text: str) -> tuple[str | None, str]:
    """The metric before the braces, and what stands between them."""
    start = _METRIC_PATTERN.match(text)
    metric, rest = (start[1], text[start.end() :].rstrip()) if start else (None, text)
    if rest and not (rest.startswith("{") and rest.endswith("}") and len(rest) > 1):
        raise InvalidSelector(f"This is no selector from character {len(text) - len(rest) + 1} on.")
    return metric, rest[1:-1]


def _matchers(text: str) -> list[Matcher]:
    found: list[Matcher] = []
    position = 0
    while text[position:].strip():
        match = _MATCHER_PATTERN.match(text, position)
        if match is None:
            raise InvalidSelector(f'{text[position:].strip()[:40]!r} is no matcher; write label="value".')
        found.append(_matcher(match[1], match[2], _unquoted(match[3])))
        position = match.end()
        if text[position : position + 1] == ",":
            position += 1
        elif position < len(text):
            raise InvalidSelector("Matchers are separated by commas.")
    return found


def _matcher(label: str, operator: str, value: str) -> Matcher:
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidSelector(f"The value of {label} holds characters that no label can have.")
    return Matcher(label, operator, value, _compiled(label, value) if operator.endswith("~") else None)


def _compiled(label: str, value: str) -> Any:
    """RE2, as in Prometheus: linear in the length of what is matched, whatever the pattern."""
    options = re2.Options()
    options.dot_nl, options.log_errors, options.max_mem = True, False, 1 << 20
    try:
        return re2.compile(value, options)
    except re2.error as error:
        raise InvalidSelector(f"The pattern of {label} is none that RE2 reads: {error}.") from None


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    if text[0] == "`":
        return inner
    unknown = [character for character in _ESCAPE_PATTERN.findall(inner) if character not in _ESCAPED_CHARACTERS]
    if unknown:
        raise InvalidSelector(f"\\{unknown[0]} is no escape; write \\\\ for a backslash.")
    return _ESCAPE_PATTERN.sub(lambda match: _ESCAPED_CHARACTERS[match[1]], inner)
