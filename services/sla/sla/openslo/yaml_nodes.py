"""Reading documents field by field: every value knows its path, and what is found wrong or ambiguous is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class BundleFinding(NamedTuple):
    path: str
    message: str


class BundleQuestion(NamedTuple):
    """What the document leaves open; it is answered by one of the options, under its path."""

    path: str
    question: str
    options: tuple[str, ...]


@dataclass
class BundleFindings:
    answers: Mapping[str, str] = field(default_factory=dict)
    """By the path of the question."""
    warnings: list[BundleFinding] = field(default_factory=list)
    errors: list[BundleFinding] = field(default_factory=list)
    questions: list[BundleQuestion] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class YamlNode:
    value: Any
    path: str
    findings: BundleFindings

    def __getitem__(self, key: str) -> "YamlNode":
        """The field, whose value is None where there is none."""
        return YamlNode(self.fields.get(key), f"{self.path}.{key}", self.findings)

    def __bool__(self) -> bool:
        return self.value is not None

    @property
    def fields(self) -> dict[str, Any]:
        if self.value is None or isinstance(self.value, dict):
            return self.value or {}
        self.refuse("must be a mapping")
        return {}

    @property
    def items(self) -> Iterator["YamlNode"]:
        if self.value is not None and not isinstance(self.value, list):
            self.refuse("must be a list")
            return
        for place, one in enumerate(self.value or ()):
            yield YamlNode(one, f"{self.path}.{place}", self.findings)

    def warn_unknown_fields(self, *names: str) -> None:
        """Warn of every other field: what is not understood is not taken over."""
        for name in sorted(self.fields.keys() - names):
            self[name].warn("is not known to OpenSLO v1 and left out")

    def text(self, *, longest: int = 1050) -> str:
        """Empty where there is none."""
        if self.value is None:
            return ""
        if not isinstance(self.value, str) or len(self.value) > longest or "\x00" in self.value:
            self.refuse(f"must be text of {longest} characters at the most")
            return ""
        return self.value.strip()

    def number(self) -> Decimal | None:
        if isinstance(self.value, int | Decimal) and not isinstance(self.value, bool):
            return Decimal(self.value)
        if self:
            self.refuse("must be a number")
        return None

    def boolean(self) -> bool | None:
        if self.value is None or isinstance(self.value, bool):
            return self.value
        self.refuse("must be true or false")
        return None

    def warn(self, why: str) -> None:
        _keep(self.findings.warnings, BundleFinding(self.path, why))

    def refuse(self, why: str) -> None:
        _keep(self.findings.errors, BundleFinding(self.path, why))

    def ask(self, asks: str, *options: str) -> str | None:
        """The answer, if it was given along; otherwise the question stands open."""
        given = self.findings.answers.get(self.path)
        if given is None:
            _keep(self.findings.questions, BundleQuestion(self.path, asks, options))
        return given


def _keep(found: list[T], one: T) -> None:
    """Once: what several objectives share is read for each of them."""
    if one not in found:
        found.append(one)
