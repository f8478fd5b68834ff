"""Open terms: a terms document with places that are not filled in yet, of a template or of an agreement to copy."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from common.http.validation_messages import describe_field_error, without_effects
from common.views import error_field
from sla.agreements.terms import Terms
from sla.templates.errors import TermsIncomplete

Document = dict[str, Any]

MISSING = "missing"
"""The type of an error about a field that is absent."""
_OF_ONE_AGREEMENT = ("starts_on", "ends_on")
_OF_ONE_OBJECTIVE = ("id", "answers")


def open_terms(document: Mapping[str, Any]) -> Document:
    """Return terms without what belongs to one agreement: its days, ids of objectives, requirements they meet."""
    opened = {name: value for name, value in document.items() if name not in _OF_ONE_AGREEMENT}
    if isinstance(opened.get("objectives"), list):
        opened["objectives"] = [_without(objective, _OF_ONE_OBJECTIVE) for objective in opened["objectives"]]
    return opened


def check_open_terms(document: Mapping[str, Any]) -> None:
    """Raise TermsIncomplete if the terms hold what no terms can; places may be open, but names of objectives.

    An objective is filled in by its name.
    """
    wrong = [error for error in _validate(document) if error["type"] != MISSING or _is_name_of_objective(error)]
    if wrong:
        raise TermsIncomplete(_to_findings("terms", wrong, document))


def list_open_places(document: Mapping[str, Any]) -> list[str]:
    """List what is to be filled in."""
    return [_place(error, document) for error in _validate(document) if error["type"] == MISSING]


def complete_terms(document: Mapping[str, Any], filled: Mapping[str, Any], place: str) -> Terms:
    """Fill in open terms; raise TermsIncomplete, with fields below `place`, if something is missing or wrong."""
    complete = fill_in(document, filled)
    errors = _validate(complete)
    if errors:
        raise TermsIncomplete(_to_findings(place, errors, complete))
    return Terms.model_validate(complete)


def fill_in(document: Mapping[str, Any], filled: Mapping[str, Any]) -> Document:
    """Merge as JSON Merge Patch does (RFC 7396): null removes. Objectives are merged by name, new ones added."""
    merged = dict(document)
    for name, value in filled.items():
        before = merged.get(name)
        if value is None:
            merged.pop(name, None)
        elif isinstance(before, dict) and isinstance(value, dict):
            merged[name] = fill_in(before, value)
        elif name == "objectives" and isinstance(before, list) and isinstance(value, list):
            merged[name] = _merge_by_name(before, value)
        else:
            merged[name] = value
    return merged


def _merge_by_name(before: list[Any], filled: list[Any]) -> list[Any]:
    merged = list(before)
    places = {_name(objective): place for place, objective in enumerate(before)}
    for objective in filled:
        place = places.get(_name(objective))
        if place is None or not isinstance(objective, dict):
            merged.append(objective)  # what is no objective is refused with the rest
        else:
            merged[place] = fill_in(merged[place], objective)
    return merged


def _name(objective: Any) -> str | None:
    """Return the name of an objective by which it is compared; of a document that is none, null."""
    name = objective.get("name") if isinstance(objective, dict) else None
    return name.casefold().strip() if isinstance(name, str) else None


def _is_name_of_objective(error: ErrorDetails) -> bool:
    match error["loc"]:
        case ("objectives", _, _, "name"):
            return True
    return False


def _without(objective: Any, names: tuple[str, ...]) -> Any:
    if not isinstance(objective, dict):
        return objective
    return {name: value for name, value in objective.items() if name not in names}


def _validate(document: Mapping[str, Any]) -> list[ErrorDetails]:
    try:
        Terms.model_validate(document)
    except ValidationError as error:
        return without_effects(error.errors())
    return []


def _to_findings(place: str, errors: Iterable[ErrorDetails], document: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(f"{place}.{_place(error, document)}", describe_field_error(error)) for error in errors]


def _place(error: ErrorDetails, document: Mapping[str, Any]) -> str:
    """Return the place of an error, with objectives by name as in `objectives.Availability.indicator_id`."""
    parts = [*error["loc"], *error_field(error)]
    if len(parts) > 1 and parts[0] == "objectives" and isinstance(parts[1], int):
        objective = document["objectives"][parts[1]]
        is_tagged = len(parts) > 2 and isinstance(objective, dict) and parts[2] == objective.get("kind")  # noqa: PLR2004 - the kind
        name = objective.get("name") if isinstance(objective, dict) else None
        parts[1:3] = [name if isinstance(name, str) else parts[1], *([] if is_tagged else parts[2:3])]
    return ".".join(map(str, parts))
