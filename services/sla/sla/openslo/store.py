"""Queries on the indicators that a bundle or terms refer to."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from common.unit_of_work import UnitOfWork
from sla.indicators.model import Indicator
from sla.indicators.views import NewIndicator
from sla.openslo.importer import ExistingIndicator


async def list_indicators_by_name(work: UnitOfWork, names: Collection[str]) -> list[ExistingIndicator]:
    """List the indicators in use with these names, oldest first."""
    query = select(Indicator).where(Indicator.name.in_(names), Indicator.retired_at.is_(None)).order_by(Indicator.id)
    return [
        ExistingIndicator(indicator.id, NewIndicator.model_validate(indicator))
        for indicator in await work.session.scalars(query)
    ]


async def list_definitions_by_id(work: UnitOfWork, indicator_ids: Collection[UUID]) -> dict[UUID, NewIndicator]:
    query = select(Indicator).where(Indicator.id.in_(indicator_ids)).order_by(Indicator.id)
    return {indicator.id: NewIndicator.model_validate(indicator) for indicator in await work.session.scalars(query)}
