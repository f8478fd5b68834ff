"""What changed from one terms document to the next, in words both sides can read."""

from collections.abc import Iterator
from typing import Any, NamedTuple

TermsDocument = dict[str, Any]


class TermsChange(NamedTuple):
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


def compute_terms_changes(before: TermsDocument, after: TermsDocument) -> tuple[TermsChange, ...]:
    """Field by field; objectives are matched by id, so that a renamed one is one change."""
    return tuple(_compare("", _readable(before, before), _readable(after, before)))


def _readable(document: TermsDocument, named_by: TermsDocument) -> TermsDocument:
    """Objectives as a mapping, each under the name it had in `named_by`, or else under its own."""
    names = {objective["id"]: objective["name"] for objective in named_by["objectives"]}
    objectives = {names.get(o["id"], o["name"]): o for o in document["objectives"]}
    return {**document, "objectives": objectives}


def _compare(field: str, before: Any, after: Any) -> Iterator[TermsChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _compare(f"{field}.{key}" if field else key, before.get(key), after.get(key))
    elif before != after:
        items = list(_items(field, before, after)) if isinstance(before, list) and isinstance(after, list) else []
        yield from items or [TermsChange(field, before, after)]


def _items(field: str, before: list[Any], after: list[Any]) -> Iterator[TermsChange]:
    """Of lists of documents, such as closures: what is gone and what is new, one by one."""
    if all(isinstance(one, dict) for one in (*before, *after)):
        yield from (TermsChange(field, one, None) for one in before if one not in after)
        yield from (TermsChange(field, None, one) for one in after if one not in before)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(inner)}" for key, inner in value.items() if inner is not None and key != "id")
    if isinstance(value, list):
        return "; ".join(_words(inner) for inner in value) or "none"
    return str(value)
