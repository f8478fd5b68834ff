"""The parameters that all lists take alike: ids, changes since an instant, words in the name, and an order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

from common.http.conventions.cursors import Order, parse_cursor
from common.http.paging import DEFAULT_LIMIT, MAX_LIMIT, Counted, Cursor, PageRequest
from common.views import Instant, MachineName

MAX_IDS = 100
Column = InstrumentedAttribute[Any]
Search = Callable[[str], ColumnElement[bool]]
Limit = Query(ge=1, le=MAX_LIMIT, description=f"The most items on a page: {DEFAULT_LIMIT}, or as many as `id` names.")
Ids = Query(alias="id", max_length=MAX_IDS, description="Only these; unknown ones, and those of others, are left out.")
ChangedSince = Query(description="Only what was created or changed at this instant or later.")
Words = Query(description="Only what has this in its name, in any case.")


def listing(
    ids: InstrumentedAttribute[UUID] | None,
    *,
    changed: Column | None = None,
    sort: Sequence[Column] = (),
    search: Sequence[Column] | Search = (),
) -> Any:
    """Build the dependency that reads the page of a list of what has these `ids`, None where the rows show none.

    `changed` is the time of the last change, None where nothing notes it; it orders the list as `changed`, beside
    the columns of `sort`. `q` finds its words in the columns of `search`, or in its own way.
    """
    columns = _name_orders(changed, sort)
    find = search if callable(search) else _contains(search)

    async def read_page_request(**sent: Any) -> PageRequest:
        name = sent.get("sort")
        order = Order(name, columns[name.removeprefix("-")]) if name else None
        after = parse_cursor(sent["cursor"], order) if sent["cursor"] else None
        limit = sent["limit"] or max(DEFAULT_LIMIT, len(sent.get("ids", ())))
        conditions = list(_list_conditions(sent, ids, changed, find))
        return PageRequest(limit, after, order, is_counted=sent["is_counted"], conditions=conditions)

    parameters = _list_parameters(
        list(columns), has_ids=ids is not None, has_changes=changed is not None, has_names=bool(search)
    )
    read_page_request.__signature__ = Signature(list(parameters))  # type: ignore[attr-defined]  # functions take any
    return Depends(read_page_request)


def _name_orders(changed: Column | None, sort: Sequence[Column]) -> dict[str, Column]:
    columns = {column.key: column for column in sort} | ({} if changed is None else {"changed": changed})
    nullable = [name for name, column in columns.items() if column.nullable]
    if nullable:
        raise TypeError(f"a list cannot be sorted by {', '.join(nullable)}: null has no place in an order")
    return columns


def _contains(columns: Sequence[Column]) -> Search:
    return lambda words: or_(*(column.icontains(words, autoescape=True) for column in columns))


def _list_conditions(
    sent: Mapping[str, Any], ids: Column | None, changed: Column | None, find: Search
) -> Iterator[ColumnElement[bool]]:
    if ids is not None and sent["ids"]:
        yield ids.in_(sent["ids"])
    if changed is not None and sent["changed_since"] is not None:
        yield changed >= sent["changed_since"]
    if sent.get("q") is not None:
        yield find(sent["q"])


def _list_parameters(sort: Sequence[str], *, has_ids: bool, has_changes: bool, has_names: bool) -> Iterator[Parameter]:
    yield _parameter("limit", Annotated[int | None, Limit], None)
    yield _parameter("cursor", Cursor, None)
    yield _parameter("is_counted", Counted, False)  # noqa: FBT003 - the default of a parameter
    if has_ids:
        yield _parameter("ids", Annotated[list[UUID], Ids], [])
    if has_changes:
        yield _parameter("changed_since", Annotated[Instant | None, ChangedSince], None)
    if has_names:
        yield _parameter("q", Annotated[MachineName | None, Words], None)
    if sort:
        names = tuple(f"{sign}{name}" for name in sort for sign in ("", "-"))
        description = "The order, with `-` from the last to the first; by default that of the summary."
        yield _parameter("sort", Annotated[Literal[names] | None, Query(description=description)], None)


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
