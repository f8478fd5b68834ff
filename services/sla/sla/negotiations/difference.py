"""What changed from one terms document to the next, in words both sides can read."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Document = dict[str, Any]


class Change(NamedTuple):
    field: str
    """Dotted; an objective is named by its name: objectives.Checkout answers.target."""
    before: Any
    after: Any

    @property
    def sentence(self) -> str:
        if self.before is None:
            return f"{self.field}: added {_words(self.after)}"
        if self.after is None:
            return f"{self.field}: removed {_words(self.before)}"
        return f"{self.field}: {_words(self.before)} → {_words(self.after)}"


def changes(before: Document, after: Document) -> tuple[Change, ...]:
    """Field by field; objectives are matched by id, so that a renamed one is one change."""
    return tuple(_compare("", _readable(before, before), _readable(after, before)))


def _readable(document: Document, named_by: Document) -> Document:
    """Objectives as a mapping, each under the name it had in `named_by`, or else under its own."""
    names = {objective["id"]: objective["name"] for objective in named_by["objectives"]}
    objectives = {names.get(o["id"], o["name"]): o for o in document["objectives"]}
    return {**document, "objectives": objectives}


def _compare(field: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _compare(f"{field}.{key}" if field else key, before.get(key), after.get(key))
    elif before != after:
        yield Change(field, before, after)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(inner)}" for key, inner in value.items() if inner is not None and key != "id")
    if isinstance(value, list):
        return "; ".join(_words(inner) for inner in value) or "none"
    return str(value)
