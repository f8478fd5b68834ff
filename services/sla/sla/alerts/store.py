"""Queries on firings of alerts, on whom they concern, and on the indicators that count them as downtime."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.names import clean_name
from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement, AgreementVersion, OfferingReplica
from sla.agreements.states import IN_FORCE_STATES, AgreementState, NegotiationStage
from sla.alerts.model import MAX_RECOVERIES, STILL_FIRING, AlertFiring, AlertPriorities, FiringInterval
from sla.incidents.model import Incident, IncidentEvent
from sla.indicators.definition import ALERT_METRIC, IndicatorDefinition
from sla.indicators.errors import InvalidSelector
from sla.indicators.model import Indicator

log = structlog.get_logger(__name__)

IS_FIRING = or_(
    AlertFiring.ends_at.is_(None), AlertFiring.ends_at > AlertFiring.starts_at, AlertFiring.ended_by.is_not(None)
)
"""Other rows say only that an alert did not fire at a time."""


async def lock_alerts(work: UnitOfWork, clock: Callable[[], datetime] | None = None) -> None:
    """Let nobody else record alerts until the transaction ends: two replicas report the same at the same time.

    With a clock, the unit's instant becomes that of the lock: what is so from now on follows what others recorded.
    """
    await work.lock_name("sla.alerts")
    if clock is not None:
        work.now = clock()


async def list_touched_firings(
    work: UnitOfWork, source: str, fingerprint: str, starts_at: datetime, ends_at: datetime | None
) -> Sequence[AlertFiring]:
    """List the firings of the alert that a report may belong to or change, by their starts."""
    query = select(AlertFiring).where(AlertFiring.source == source, AlertFiring.fingerprint == fingerprint)
    query = query.where(or_(AlertFiring.ends_at.is_(None), AlertFiring.ends_at >= starts_at))
    if ends_at is not None:
        query = query.where(AlertFiring.starts_at <= ends_at)
    return (await work.session.scalars(query.order_by(AlertFiring.starts_at, AlertFiring.id))).all()


async def delete_surplus_recoveries(work: UnitOfWork, source: str, fingerprint: str) -> None:
    """Delete the oldest times at which an alert did not fire, once there are more than are kept."""
    query = select(AlertFiring).where(AlertFiring.source == source, AlertFiring.fingerprint == fingerprint)
    query = query.where(AlertFiring.starts_at == AlertFiring.ends_at, AlertFiring.ended_by.is_(None))
    surplus = query.order_by(AlertFiring.starts_at.desc()).offset(MAX_RECOVERIES)
    for firing in await work.session.scalars(surplus):
        await work.session.delete(firing)


async def load_events_of_incidents(
    work: UnitOfWork, source: str, incident_ids: Collection[str], names: Iterable[str]
) -> dict[str, list[IncidentEvent]]:
    """Load what was reported of the incidents with one of the ids or names, by their names."""
    is_meant = or_(
        Incident.id.in_([UUID(incident_id) for incident_id in incident_ids]), Incident.external_id.in_(list(names))
    )
    query = (
        select(Incident.external_id, IncidentEvent)
        .join(IncidentEvent, IncidentEvent.incident_id == Incident.id)
        .where(Incident.source == source, is_meant)
        .order_by(IncidentEvent.id)
    )
    events = defaultdict[str, list[IncidentEvent]](list)
    for name, event in await work.session.execute(query):
        events[name].append(event)
    return events


def select_firings(*, firing: bool | None, fingerprint: str | None) -> Select[AlertFiring]:
    query = select(AlertFiring).where(IS_FIRING)
    if firing is not None:
        query = query.where(STILL_FIRING if firing else AlertFiring.ends_at.is_not(None))
    return query if fingerprint is None else query.where(AlertFiring.fingerprint == fingerprint)


async def list_concerned_customers(
    work: UnitOfWork, labels: Mapping[str, str]
) -> list[tuple[UUID, UUID, dict[str, int] | None]]:
    """List the services with the id or, whatever the case, the name in the label `service`, each with the customers
    that have an agreement on it at this time, and with its own alert priorities (null if it has none).
    """
    name = clean_name(labels.get("service", ""))
    is_named = func.lower(OfferingReplica.service_name) == name.lower()
    with suppress(ValueError):
        is_named = OfferingReplica.service_id == UUID(name)
    has_begun = (Agreement.state != AgreementState.SIGNED) | (Agreement.next_change_at <= work.now)
    query = (
        select(OfferingReplica.service_id, Agreement.customer_id, AlertPriorities.priorities)
        .join(Agreement, Agreement.offering_id == OfferingReplica.offering_id)
        .outerjoin(AlertPriorities, AlertPriorities.service_id == OfferingReplica.service_id)
        .where(is_named, Agreement.state.in_(IN_FORCE_STATES), has_begun)
    )
    if "customer_id" in labels:
        query = query.where(cast(Agreement.customer_id, Text) == labels["customer_id"].lower())
    query = query.distinct().order_by(OfferingReplica.service_id, Agreement.customer_id)
    return [(row.service_id, row.customer_id, row.priorities) for row in await work.session.execute(query)]


def select_alert_priorities(service_id: UUID | None) -> Select[AlertPriorities]:
    query = select(AlertPriorities)
    return query if service_id is None else query.where(AlertPriorities.service_id == service_id)


async def load_downtimes(
    session: AsyncSession, indicator_ids: Collection[UUID], window_from: datetime, window_to: datetime
) -> dict[UUID, list[FiringInterval]]:
    """Load when the alerts of indicators fired; one that still fires lasts until the end of the window."""
    indicators = await _list_alert_indicators(session, Indicator.id.in_(indicator_ids)) if indicator_ids else []
    if not indicators:
        return {}
    ends_later = or_(AlertFiring.ends_at.is_(None), AlertFiring.ends_at > window_from)
    is_in_window = and_(IS_FIRING, AlertFiring.starts_at < window_to, ends_later)
    firings = (await session.scalars(select(AlertFiring).where(is_in_window))).all()
    return {
        indicator.id: [
            firing.interval(window_to)
            for firing in firings
            if indicator.definition.matches_alert(firing.labels)
            and (indicator.retired_at is None or firing.starts_at < indicator.retired_at)
        ]
        for indicator in indicators
    }


async def list_affected_agreement_ids(work: UnitOfWork, labels: Mapping[str, str]) -> Sequence[UUID]:
    """List the agreements that were ever signed on an indicator which counts these alerts as downtime."""
    indicator_ids = [
        indicator.id
        for indicator in await _list_alert_indicators(work.session)
        if (definition := _find_definition(indicator)) and definition.matches_alert(labels)
    ]
    if not indicator_ids:
        return []
    terms = AgreementVersion.terms_document
    names = [terms.contains({"objectives": [{"indicator_id": str(indicator_id)}]}) for indicator_id in indicator_ids]
    is_signed = AgreementVersion.stage == NegotiationStage.SIGNED
    query = select(AgreementVersion.agreement_id).where(is_signed, or_(*names)).distinct()
    return (await work.session.scalars(query)).all()


async def _list_alert_indicators(session: AsyncSession, *conditions: ColumnElement[bool]) -> Sequence[Indicator]:
    query = select(Indicator).where(cast(Indicator.series, Text).contains(ALERT_METRIC), *conditions)
    return (await session.scalars(query)).all()


def _find_definition(indicator: Indicator) -> IndicatorDefinition | None:
    """Find its definition. One that cannot be read counts no alerts until its owner corrects it."""
    with suppress(InvalidSelector):
        return indicator.definition
    log.warning("indicator_of_alerts_unreadable", indicator_id=str(indicator.id))
    return None
