"""The indicators that a bundle may mean, or that terms are measured by."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from common.unit_of_work import UnitOfWork
from sla.indicators.model import Indicator
from sla.indicators.views import NewIndicator
from sla.openslo.importer import ExistingIndicator


async def list_indicators_by_name(work: UnitOfWork, names: Collection[str]) -> list[ExistingIndicator]:
    """Those in use, the oldest first."""
    query = select(Indicator).where(Indicator.name.in_(names), Indicator.retired_at.is_(None)).order_by(Indicator.id)
    return [ExistingIndicator(one.id, NewIndicator.model_validate(one)) for one in await work.session.scalars(query)]


async def list_definitions_by_id(work: UnitOfWork, indicator_ids: Collection[UUID]) -> dict[UUID, NewIndicator]:
    query = select(Indicator).where(Indicator.id.in_(indicator_ids)).order_by(Indicator.id)
    return {one.id: NewIndicator.model_validate(one) for one in await work.session.scalars(query)}
