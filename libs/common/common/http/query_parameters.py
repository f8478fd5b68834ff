"""The query parameters of a request: a misspelt one is refused, as a filter that nobody reads filters nothing."""

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from fastapi import Request

from common.errors import Invalid

LEAST_SIMILARITY = 0.7
"""Of a name that is suggested; at Python's 0.6, `cursor` is near to `sort`."""


class RepeatedParameter(Invalid, slug="repeated-parameter"):
    """A parameter that takes one value is sent once: of several, all but the last would be ignored."""


class UnknownParameter(Invalid, slug="unknown-parameter"):
    """An address takes the query parameters that its documentation lists, and no others."""


def check_query(request: Request, known: Mapping[str, bool] | None) -> None:
    """Refuse a parameter that is not among the known ones, unless they are None, or that nothing stored can equal.

    Of each parameter `known` says whether it takes several values; one that does not is refused when it is repeated.
    """
    names: set[str] = set()
    for name, value in request.query_params.multi_items():
        if known is not None and name not in known:
            raise UnknownParameter(describe_unknown(name, known, "parameter"), field=name)
        if known is not None and name in names and not known[name]:
            raise RepeatedParameter("takes one value; send it once", field=name)
        names.add(name)
        if "\x00" in value:  # no text in PostgreSQL holds it
            raise Invalid("must not contain the character U+0000", field=name)


def is_list(annotation: Any) -> bool:
    """Tell whether a parameter of this type takes several values: a list, or a list or None."""
    origin = get_origin(annotation)
    if isinstance(origin, type) and issubclass(origin, Collection):
        return True
    return any(is_list(part) for part in get_args(annotation))


def describe_unknown(name: str, known: Collection[str], noun: str) -> str:
    """Say that an address knows no parameter or part of this name, and which is the nearest that it knows."""
    nearest = get_close_matches(name.lower(), known, n=1, cutoff=LEAST_SIMILARITY)
    if nearest:
        return f"is no {noun} of this address; did you mean {nearest[0]}?"
    names = ", ".join(sorted(known))
    return f"is no {noun} of this address, which takes {names or 'none'}"


def check_names(names: Iterable[str], known: Collection[str], noun: str, *, field: str) -> None:
    """Refuse the name of an event or an operation that the service does not have: nothing would ever come of it."""
    for name in names:
        if name not in known:
            nearest = get_close_matches(name, known, n=1, cutoff=LEAST_SIMILARITY)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            raise Invalid(f"is no {noun} of this service{hint}", field=field)
