"""Queries on causes."""

from sqlalchemy import Select, select

from sla.causes.model import Cause, CauseKind


def select_causes(kind: CauseKind | None, *, known_error: bool | None, eliminated: bool | None) -> Select[Cause]:
    is_eliminated = Cause.eliminated_at.is_not(None)
    columns = {Cause.kind: kind, Cause.known_error: known_error, is_eliminated: eliminated}
    return select(Cause).where(*(column == value for column, value in columns.items() if value is not None))
