"""Receiving states: read the body in the form of its sender, and record what it says of alerts."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from common.http.validation_messages import first_validation_error
from common.unit_of_work import UnitOfWork
from sla.alerts import store
from sla.alerts.actions import describe_refusals, record_reports_or_refuse
from sla.alerts.alert_documents import MAX_LABELS, parse_each, parse_json
from sla.alerts.errors import StatesRefused, StatesUnreadable
from sla.alerts.states import azure_monitor, cloudwatch, uptime_kuma
from sla.alerts.states.posted_states import FORM_MEDIA_TYPE, MAX_STATES, parse_form, read_state
from sla.alerts.states.state_report import StateReport, ThingState, without_replaced_states
from sla.alerts.states.views import StatesAccepted

POSTED_STATES = "states"
"""The source of the alerts of states in the form of this interface."""

StateReader = Callable[[Any, Mapping[str, str], datetime], Sequence[StateReport]]


class StateSender(StrEnum):
    """The senders whose bodies cannot be shaped by their users."""

    UPTIME_KUMA = "uptime-kuma"
    AZURE_MONITOR = "azure-monitor"
    CLOUDWATCH = "cloudwatch"


_READERS: Mapping[StateSender, StateReader] = {
    StateSender.UPTIME_KUMA: uptime_kuma.read_kuma_notification,
    StateSender.AZURE_MONITOR: azure_monitor.read_azure_notification,
    StateSender.CLOUDWATCH: cloudwatch.read_sns_notification,
}


async def ingest_posted_states(
    work: UnitOfWork, clock: Callable[[], datetime], body: bytes, content_type: str, labels: Mapping[str, str]
) -> StatesAccepted | StatesRefused:
    """Record all states that break no rule. Raise StatesUnreadable. A refusal is returned, not raised."""
    document = _parse_form(body) if is_form(content_type) else parse_json(body, StatesUnreadable)
    await store.lock_alerts(work, clock)
    if not isinstance(document, list):
        return await _record_states(work, POSTED_STATES, _read(read_state, document, labels, work.now), [])
    if not 1 <= len(document) <= MAX_STATES:
        raise StatesUnreadable(f"must be a state, or a list of 1 to {MAX_STATES} states", field="body")
    read, refusals = parse_each(document, lambda item: read_state(item, labels, work.now), "")
    return await _record_states(work, POSTED_STATES, [state for states in read for state in states], refusals)


async def ingest_notified_states(
    work: UnitOfWork, clock: Callable[[], datetime], sender: StateSender, body: bytes, labels: Mapping[str, str]
) -> StatesAccepted | StatesRefused:
    """Record what a notification says. Raise StatesUnreadable. A refusal is returned, not raised."""
    document = parse_json(body, StatesUnreadable)
    await store.lock_alerts(work, clock)
    return await _record_states(work, sender.value, _read(_READERS[sender], document, labels, work.now), [])


def is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == FORM_MEDIA_TYPE


def _parse_form(body: bytes) -> dict[str, Any]:
    try:
        return parse_form(body)
    except ValueError:
        raise StatesUnreadable(f"must be a form in UTF-8 of at most {MAX_LABELS} fields", field="body") from None


def _read(read: StateReader, document: Any, labels: Mapping[str, str], now: datetime) -> Sequence[StateReport]:
    try:
        return read(document, labels, now)
    except ValidationError as error:
        field, reason = first_validation_error(error)
    except ValueError as error:
        field, _, reason = str(error).partition(": ")
    raise StatesUnreadable(reason, field=field)


async def _record_states(
    work: UnitOfWork, source: str, states: Sequence[StateReport], refusals: list[str]
) -> StatesAccepted | StatesRefused:
    alerts = [alert for state in without_replaced_states(states) for alert in state.to_alerts()]
    incident_ids = await record_reports_or_refuse(work, source, alerts, refusals)
    if refusals:
        reason, place = describe_refusals(refusals)
        return StatesRefused(reason, field=place)
    counts = Counter(state.state for state in states)
    numbers = {state.value: counts[state] for state in ThingState}
    return StatesAccepted(**numbers, incidents=sorted(incident_ids))
