"""Queries on firings of alerts, on whom they concern, and on the indicators that count them as downtime."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import ARRAY, ColumnElement, DateTime, Select, Text, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.names import clean_name
from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement, AgreementVersion, OfferingReplica
from sla.agreements.states import IN_FORCE_STATES, AgreementState, NegotiationStage
from sla.alerts.model import MAX_RECOVERIES, STILL_FIRING, AlertFiring, AlertPriorities, FiringInterval
from sla.alerts.reports import ReportedAlert
from sla.incidents.model import Incident, IncidentEvent
from sla.indicators.definition import ALERT_METRIC, IndicatorDefinition
from sla.indicators.errors import InvalidSelector
from sla.indicators.model import Indicator

log = structlog.get_logger(__name__)

INSTANT = DateTime(timezone=True)
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


async def load_touched_firings(
    work: UnitOfWork, source: str, reports: Sequence[ReportedAlert]
) -> dict[str, list[AlertFiring]]:
    """Load the firings that reports of different alerts may belong to or change, by fingerprint, by their starts."""
    columns = [
        cast([getattr(report, name) for report in reports], ARRAY(kind))
        for name, kind in (("fingerprint", Text()), ("starts_at", INSTANT), ("ends_at", INSTANT))
    ]
    reported = func.unnest(*columns).table_valued("fingerprint", "starts_at", "ends_at").render_derived()
    is_touched = and_(
        AlertFiring.fingerprint == reported.c.fingerprint,
        or_(AlertFiring.ends_at.is_(None), AlertFiring.ends_at >= reported.c.starts_at),
        or_(reported.c.ends_at.is_(None), AlertFiring.starts_at <= reported.c.ends_at),
    )
    query = select(AlertFiring).join(reported, is_touched).where(AlertFiring.source == source)
    touched = defaultdict[str, list[AlertFiring]](list)
    for firing in await work.session.scalars(query.order_by(AlertFiring.starts_at, AlertFiring.id)):
        touched[firing.fingerprint].append(firing)
    return touched


async def delete_surplus_recoveries(work: UnitOfWork, source: str, fingerprints: Collection[str]) -> None:
    """Delete the oldest times at which alerts did not fire, once there are more of one than are kept."""
    if not fingerprints:
        return
    place = func.row_number().over(partition_by=AlertFiring.fingerprint, order_by=AlertFiring.starts_at.desc())
    recoveries = (
        select(AlertFiring.id, place.label("place"))
        .where(AlertFiring.source == source, AlertFiring.fingerprint.in_(fingerprints))
        .where(AlertFiring.starts_at == AlertFiring.ends_at, AlertFiring.ended_by.is_(None))
        .subquery()
    )
    surplus = select(AlertFiring).join(recoveries, recoveries.c.id == AlertFiring.id)
    for firing in await work.session.scalars(surplus.where(recoveries.c.place > MAX_RECOVERIES)):
        await work.session.delete(firing)


async def load_events_of_incidents(
    work: UnitOfWork, source: str, incident_ids: Collection[str], names: Iterable[str]
) -> dict[str, list[IncidentEvent]]:
    """Load what was reported of the incidents with one of the ids or names, by their names."""
    names = list(names)
    if not incident_ids and not names:
        return {}
    is_meant = or_(
        Incident.id.in_([UUID(incident_id) for incident_id in incident_ids]), Incident.external_id.in_(names)
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


class ConcernedCustomer(NamedTuple):
    """A customer that an alert on a service concerns."""

    service_id: UUID
    customer_id: UUID
    own_priorities: dict[str, int] | None
    """The alert priorities of the service; null if it has none of its own."""


async def list_concerned_customers(
    work: UnitOfWork, labels: Sequence[Mapping[str, str]]
) -> list[Sequence[ConcernedCustomer]]:
    """List, for the labels of each alert, whom it concerns: the services with the id or, whatever the case, the name in
    the label `service`, each with the customers that have an agreement on it at this time.
    """
    subjects = [(clean_name(texts.get("service", "")), texts.get("customer_id")) for texts in labels]
    concerned = {
        subject: await _list_customers(work, *subject) if subject[0] else [] for subject in dict.fromkeys(subjects)
    }
    return [concerned[subject] for subject in subjects]


async def _list_customers(work: UnitOfWork, service: str, customer_id: str | None) -> list[ConcernedCustomer]:
    is_named = func.lower(OfferingReplica.service_name) == func.lower(service)
    with suppress(ValueError):
        is_named = OfferingReplica.service_id == UUID(service)
    has_begun = (Agreement.state != AgreementState.SIGNED) | (Agreement.next_change_at <= work.now)
    query = (
        select(OfferingReplica.service_id, Agreement.customer_id, AlertPriorities.priorities)
        .join(Agreement, Agreement.offering_id == OfferingReplica.offering_id)
        .outerjoin(AlertPriorities, AlertPriorities.service_id == OfferingReplica.service_id)
        .where(is_named, Agreement.state.in_(IN_FORCE_STATES), has_begun)
    )
    if customer_id is not None:
        query = query.where(cast(Agreement.customer_id, Text) == customer_id.lower())
    query = query.distinct().order_by(OfferingReplica.service_id, Agreement.customer_id)
    return [ConcernedCustomer(*row) for row in await work.session.execute(query)]


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


async def list_affected_agreement_ids(work: UnitOfWork, labels: Sequence[Mapping[str, str]]) -> list[Sequence[UUID]]:
    """List, for the labels of each alert, the agreements that were ever signed on an indicator which counts it as
    downtime.
    """
    indicators = await _list_alert_indicators(work.session) if labels else []
    definitions = {indicator.id: _find_definition(indicator) for indicator in indicators}
    affected: dict[frozenset[UUID], Sequence[UUID]] = {frozenset(): []}
    agreement_ids = []
    for alert_labels in labels:
        counting = frozenset(
            indicator_id
            for indicator_id, definition in definitions.items()
            if definition is not None and definition.matches_alert(alert_labels)
        )
        if counting not in affected:
            affected[counting] = await _list_agreement_ids(work, counting)
        agreement_ids.append(affected[counting])
    return agreement_ids


async def _list_agreement_ids(work: UnitOfWork, indicator_ids: Iterable[UUID]) -> Sequence[UUID]:
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
