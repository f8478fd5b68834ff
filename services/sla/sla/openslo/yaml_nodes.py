"""Nodes of YAML documents that know their path, and the warnings, errors and questions found while reading them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class BundleFinding(NamedTuple):
    path: str
    message: str


class BundleQuestion(NamedTuple):
    """A question the document leaves open; it is answered under its path by one of the options."""

    path: str
    question: str
    options: tuple[str, ...]


@dataclass
class BundleFindings:
    answers: Mapping[str, str] = field(default_factory=dict)
    """Answers by the path of their question."""
    warnings: list[BundleFinding] = field(default_factory=list)
    errors: list[BundleFinding] = field(default_factory=list)
    questions: list[BundleQuestion] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class YamlNode:
    value: Any
    path: str
    findings: BundleFindings

    def __getitem__(self, key: str) -> "YamlNode":
        """Return the field as a node, whose value is None if the field is absent."""
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
        for index, value in enumerate(self.value or ()):
            yield YamlNode(value, f"{self.path}.{index}", self.findings)

    def warn_unknown_fields(self, *names: str) -> None:
        """Warn about every field with another name, because it is not imported."""
        for name in sorted(self.fields.keys() - names):
            self[name].warn("is not a field of OpenSLO v1 and is left out")

    def text(self, *, longest: int = 1050) -> str:
        """Return the text, empty if the field is absent."""
        if self.value is None:
            return ""
        if not isinstance(self.value, str) or len(self.value) > longest or "\x00" in self.value:
            self.refuse(f"must be text of at most {longest} characters")
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
        _add_once(self.findings.warnings, BundleFinding(self.path, why))

    def refuse(self, why: str) -> None:
        _add_once(self.findings.errors, BundleFinding(self.path, why))

    def ask(self, question: str, *options: str) -> str | None:
        """Return the answer if there is one; otherwise record the question as open."""
        answer = self.findings.answers.get(self.path)
        if answer is None:
            _add_once(self.findings.questions, BundleQuestion(self.path, question, options))
        return answer


def _add_once(items: list[T], item: T) -> None:
    """Add an item once, because fields that several objectives share are read repeatedly."""
    if item not in items:
        items.append(item)
