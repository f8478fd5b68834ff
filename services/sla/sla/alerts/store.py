"""Which alerts fired when, and which indicators take them for downtime."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.unit_of_work import UnitOfWork
from sla.agreements.model import AgreementVersion
from sla.agreements.states import NegotiationStage
from sla.alerts.model import STILL_FIRING, AlertFiring, FiringInterval
from sla.indicators.definition import ALERT_METRIC
from sla.indicators.model import Indicator


async def lock_alerts(work: UnitOfWork) -> None:
    """Until the end of the transaction nobody else takes alerts: two replicas tell the same at the same time."""
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("sla.alerts", 0))))


async def find_firing(
    work: UnitOfWork, fingerprint: str, starts_at: datetime, ends_at: datetime | None
) -> AlertFiring | None:
    """The firing of this very start or else the first that overlaps."""
    same = AlertFiring.told_from == starts_at
    later = or_(AlertFiring.ends_at.is_(None), AlertFiring.ends_at > starts_at)
    overlaps = later if ends_at is None else and_(later, AlertFiring.starts_at < ends_at)
    query = select(AlertFiring).where(AlertFiring.fingerprint == fingerprint, or_(same, overlaps))
    return (await work.session.scalars(query.order_by(same.desc(), AlertFiring.starts_at).limit(1))).first()


def select_firings(*, firing: bool | None, fingerprint: str | None) -> Select[AlertFiring]:
    query = select(AlertFiring)
    if firing is not None:
        query = query.where(STILL_FIRING if firing else AlertFiring.ends_at.is_not(None))
    return query if fingerprint is None else query.where(AlertFiring.fingerprint == fingerprint)


async def load_downtimes(
    session: AsyncSession, indicator_ids: Collection[UUID], window_from: datetime, window_to: datetime
) -> dict[UUID, list[FiringInterval]]:
    """Of indicators that are bound to alerts, when these fired; one that still fires, until the end of the window."""
    bound = await _bound(session, Indicator.id.in_(indicator_ids)) if indicator_ids else []
    if not bound:
        return {}
    overlaps = or_(AlertFiring.ends_at.is_(None), AlertFiring.ends_at > window_from)
    fired = (await session.scalars(select(AlertFiring).where(AlertFiring.starts_at < window_to, overlaps))).all()
    return {
        one.id: [
            firing.interval(window_to)
            for firing in fired
            if one.definition.matches_alert(firing.label_texts)
            and (one.retired_at is None or firing.starts_at < one.retired_at)
        ]
        for one in bound
    }


async def list_affected_agreement_ids(work: UnitOfWork, labels: Mapping[str, str]) -> Sequence[UUID]:
    """Agreements that were ever signed on an indicator which takes these alerts for downtime."""
    bound = [one.id for one in await _bound(work.session) if one.definition.matches_alert(labels)]
    if not bound:
        return []
    document = AgreementVersion.terms_document
    named = or_(*(document.contains({"objectives": [{"indicator_id": str(one)}]}) for one in bound))
    query = (
        select(AgreementVersion.agreement_id).where(AgreementVersion.stage == NegotiationStage.SIGNED, named).distinct()
    )
    return (await work.session.scalars(query)).all()


async def _bound(session: AsyncSession, *which: ColumnElement[bool]) -> Sequence[Indicator]:
    query = select(Indicator).where(cast(Indicator.series, Text).contains(ALERT_METRIC), *which)
    return (await session.scalars(query)).all()
