"""The changes from one terms document to the next, in words that both sides can read."""

from collections.abc import Iterator
from typing import Any

from common.views import View

TermsDocument = dict[str, Any]


class TermsChangeView(View):
    field: str
    """Dotted; an objective is named by its name: objectives.Checkout answers.target."""
    before: Any
    after: Any
    sentence: str
    """For example: objectives.Availability.target: 99.5 → 99.9."""


def compute_terms_changes(before: TermsDocument | None, after: TermsDocument | None) -> tuple[TermsChangeView, ...]:
    """Compare two documents field by field; objectives are matched by id, so that a new name is a single change."""
    if before is None or after is None:
        return ()
    return tuple(_compare("", _with_named_objectives(before, before), _with_named_objectives(after, before)))


def _with_named_objectives(document: TermsDocument, named_by: TermsDocument) -> TermsDocument:
    """Turn the objectives into a mapping, each under the name it has in `named_by`, or else under its own."""
    names = {objective["id"]: objective["name"] for objective in named_by["objectives"]}
    objectives = {names.get(objective["id"], objective["name"]): objective for objective in document["objectives"]}
    return {**document, "objectives": objectives}


def _compare(field: str, before: Any, after: Any) -> Iterator[TermsChangeView]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _compare(f"{field}.{key}" if field else key, before.get(key), after.get(key))
    elif before != after:
        are_lists = isinstance(before, list) and isinstance(after, list)
        item_changes = list(_compare_items(field, before, after)) if are_lists else []
        yield from item_changes or [_describe_change(field, before, after)]


def _compare_items(field: str, before: list[Any], after: list[Any]) -> Iterator[TermsChangeView]:
    """Compare lists of objects, such as closures, item by item; yield nothing for other lists."""
    if all(isinstance(item, dict) for item in (*before, *after)):
        yield from (_describe_change(field, item, None) for item in before if item not in after)
        yield from (_describe_change(field, None, item) for item in after if item not in before)


def _describe_change(field: str, before: Any, after: Any) -> TermsChangeView:
    if before is None:
        change = f"added {_format_value(after)}"
    elif after is None:
        change = f"removed {_format_value(before)}"
    else:
        change = f"{_format_value(before)} → {_format_value(after)}"
    return TermsChangeView(field=field, before=before, after=after, sentence=f"{field}: {change}")


def _format_value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{key} {_format_value(inner)}" for key, inner in value.items() if inner is not None and key != "id"
        )
    if isinstance(value, list):
        return "; ".join(_format_value(inner) for inner in value) or "none"
    return str(value)
