"""References: the names beside ids, loaded for a whole answer in one statement after its route has built it.

A view declares each beside its id: `customer: Reference = look_up("customer")`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar, get_args
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Select, literal_column, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from common.views import View

if TYPE_CHECKING:
    from common.unit_of_work import UnitOfWork

Endpoint = Callable[..., Any]
S = TypeVar("S", bound=Select[Any])


class Reference(View):
    """A customer, offering or service, whose id stands beside it alone."""

    id: UUID
    name: str | None
    """Null until it is known here, and to a customer that may not see it."""


class PersonReference(View):
    """A person, without a name: that stays where the customer's people are kept."""

    id: UUID
    role: str | None
    """The role at the customer; null until it is known here, and once the person has left."""


def _leave_unrestricted(work: "UnitOfWork", query: S) -> S:
    del work
    return query


@dataclass(frozen=True, slots=True)
class NameSource:
    """The table in which a service finds the names of one kind of thing."""

    id: InstrumentedAttribute[UUID]
    name: InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
    restrict: Callable[["UnitOfWork", Select[Any]], Select[Any]] = _leave_unrestricted
    """Restricts the query to what the principal may see."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """The default of a field that holds references, until they are looked up."""

    kind: str
    ids: str
    """The field with the id or ids."""

    def __call__(self) -> None:
        return None


def look_up(kind: str, ids: str | None = None) -> Any:
    """Declare a field of a view as the reference of the id, or the references of the ids, in the field `ids`."""
    return Field(default_factory=LookUp(kind, ids or f"{kind}_id"))


@dataclass(frozen=True, slots=True)
class _Blank:
    """A field of an answer whose references are to be looked up."""

    view: BaseModel
    field: str
    look_up: LookUp

    @property
    def ids(self) -> Collection[UUID]:
        value = getattr(self.view, self.look_up.ids)
        if value is None:
            return ()
        return (value,) if isinstance(value, UUID) else value

    def fill(self, names: Mapping[tuple[str, UUID], str | None]) -> None:
        kind, value = self.look_up.kind, getattr(self.view, self.look_up.ids)
        references = [_build_reference(kind, key, names.get((kind, key))) for key in self.ids]
        is_single = value is None or isinstance(value, UUID)
        setattr(self.view, self.field, next(iter(references), None) if is_single else references)


def _build_reference(kind: str, key: UUID, name: str | None) -> View:
    return PersonReference(id=key, role=name) if kind == "person" else Reference(id=key, name=name)


async def fill_references(work: "UnitOfWork", answer: object) -> None:
    """Look up the references of an answer, all in one statement."""
    blanks = list(_find_blanks(answer))
    ids_by_kind: dict[str, set[UUID]] = {}
    for blank in blanks:
        ids_by_kind.setdefault(blank.look_up.kind, set()).update(blank.ids)
    names = await _load_names(work, {kind: ids for kind, ids in ids_by_kind.items() if ids})
    for blank in blanks:
        blank.fill(names)


async def _load_names(
    work: "UnitOfWork", ids_by_kind: Mapping[str, Collection[UUID]]
) -> dict[tuple[str, UUID], str | None]:
    kinds = sorted(ids_by_kind.keys() & work.name_sources.keys())
    queries = [_select_names(work, kind, ids_by_kind[kind]) for kind in kinds]
    if not queries:
        return {}
    rows = await work.session.execute(queries[0] if len(queries) == 1 else union_all(*queries))
    return {(kind, key): name for kind, key, name in rows}


def _select_names(work: "UnitOfWork", kind: str, ids: Collection[UUID]) -> Select[Any]:
    source = work.name_sources[kind]
    columns: tuple[Any, ...] = (literal_column(f"'{kind}'"), source.id, source.name)
    return source.restrict(work, select(*columns).where(source.id.in_(ids)))


def with_references(endpoint: Endpoint) -> Endpoint:
    """Have an endpoint look up the references of its answer, if its answer has any."""
    if not any(list_look_ups(model) for model in _models_in(signature(endpoint).return_annotation)):
        return endpoint

    @wraps(endpoint)
    async def answer_with_references(**arguments: Any) -> Any:
        answer = await endpoint(**arguments)
        await fill_references(arguments["work"], answer)
        return answer

    return answer_with_references


def list_look_ups(model: type[BaseModel]) -> list[LookUp]:
    """List the references in a view and its parts, however deep."""
    return [look_up for part in _parts_of(model, set()) for look_up in _look_ups_of(part).values()]


def _find_blanks(answer: object) -> Iterator[_Blank]:
    if isinstance(answer, BaseModel):
        kind = type(answer)
        yield from (_Blank(answer, field, look_up) for field, look_up in _look_ups_of(kind).items())
        for field in _fields_with_look_ups(kind):
            yield from _find_blanks(getattr(answer, field))
    elif isinstance(answer, list | tuple):
        for item in answer:
            yield from _find_blanks(item)


@cache
def _look_ups_of(model: type[BaseModel]) -> dict[str, LookUp]:
    fields = model.model_fields.items()
    return {name: field.default_factory for name, field in fields if isinstance(field.default_factory, LookUp)}


@cache
def _fields_with_look_ups(model: type[BaseModel]) -> list[str]:
    """List the fields whose own parts have references, or may have, as the items of a page."""
    return [name for name, field in model.model_fields.items() if _may_hold_look_ups(field.annotation)]


def _may_hold_look_ups(annotation: Any) -> bool:
    if isinstance(annotation, TypeVar):
        return True
    is_view = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return (is_view and bool(list_look_ups(annotation))) or any(map(_may_hold_look_ups, get_args(annotation)))


def _parts_of(model: type[BaseModel], visited: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    if model in visited:
        return
    visited.add(model)
    yield model
    for field in model.model_fields.values():
        for part in _models_in(field.annotation):
            yield from _parts_of(part, visited)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
