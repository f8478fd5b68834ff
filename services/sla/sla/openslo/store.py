"""Queries on the indicators that a bundle or terms refer to."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from common.unit_of_work import UnitOfWork
from common.views import read_stored
from sla.indicators.model import Indicator
from sla.indicators.views import NewIndicator


async def load_definitions(
    work: UnitOfWork, *, ids: Collection[UUID] = (), names_in_use: Collection[str] = ()
) -> dict[UUID, NewIndicator]:
    """Load the visible indicators with these ids, and those in use with these names, oldest first."""
    is_named = Indicator.name.in_(names_in_use) & Indicator.retired_at.is_(None)
    query = select(Indicator).where(Indicator.id.in_(ids) | is_named).order_by(Indicator.id)
    indicators = [indicator for indicator in await work.session.scalars(query) if work.can_see(indicator)]
    return {indicator.id: read_stored(NewIndicator, indicator) for indicator in indicators}
