"""Queries on the indicators that a bundle or terms refer to."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, select

from common.unit_of_work import UnitOfWork
from sla.indicators.model import Indicator
from sla.indicators.views import NewIndicator


async def load_definitions_by_name(work: UnitOfWork, names: Collection[str]) -> dict[UUID, NewIndicator]:
    """Load the indicators in use with these names, oldest first."""
    return await _load_definitions(work, Indicator.name.in_(names), Indicator.retired_at.is_(None))


async def load_definitions(work: UnitOfWork, indicator_ids: Collection[UUID]) -> dict[UUID, NewIndicator]:
    return await _load_definitions(work, Indicator.id.in_(indicator_ids))


async def _load_definitions(work: UnitOfWork, *conditions: ColumnElement[bool]) -> dict[UUID, NewIndicator]:
    indicators = await work.session.scalars(select(Indicator).where(*conditions).order_by(Indicator.id))
    return {indicator.id: NewIndicator.model_validate(indicator) for indicator in indicators}
