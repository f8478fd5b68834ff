"""Queries on causes."""

from sqlalchemy import Select, select

from sla.causes.model import Cause, CauseKind


def select_causes(kind: CauseKind | None, *, known_error: bool | None, eliminated: bool | None) -> Select[Cause]:
    query = select(Cause)
    if kind is not None:
        query = query.where(Cause.kind == kind)
    if known_error is not None:
        query = query.where(Cause.known_error == known_error)
    if eliminated is not None:
        query = query.where(Cause.eliminated_at.is_not(None) if eliminated else Cause.eliminated_at.is_(None))
    return query
