"""Receiving states: read the body in the form of its sender, and record what it says of alerts."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import ValidationError

from common.http.request_bodies import RequestBody, decode_body
from common.http.validation_messages import first_validation_error
from common.runtime import Runtime
from common.unit_of_work import UnitOfWork
from sla.alerts import store
from sla.alerts.actions import describe_refusals, record_reports_or_refuse
from sla.alerts.alert_documents import MAX_LABELS, parse_each, parse_json
from sla.alerts.errors import StatesRefused, StatesUnreadable
from sla.alerts.reports import ReportedAlert
from sla.alerts.states import azure_monitor, cloudwatch, uptime_kuma
from sla.alerts.states.posted_states import FORM_MEDIA_TYPE, MAX_DECODED_BYTES, MAX_STATES, parse_form, read_state
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
    work: UnitOfWork, runtime: Runtime, body: RequestBody, labels: Mapping[str, str]
) -> StatesAccepted | StatesRefused:
    """Record all states that break no rule. Raise StatesUnreadable. A refusal is returned, not raised."""

    def decode(raw: bytes) -> _ReadStates:
        is_form = body.media_type == FORM_MEDIA_TYPE
        return _read_posted(_parse_form(raw) if is_form else parse_json(raw, StatesUnreadable), labels, work.now)

    read = await decode_body(runtime, body, MAX_DECODED_BYTES, decode)
    return await _record_states(work, runtime, POSTED_STATES, read)


async def ingest_notified_states(
    work: UnitOfWork, runtime: Runtime, sender: StateSender, body: RequestBody, labels: Mapping[str, str]
) -> StatesAccepted | StatesRefused:
    """Record what a notification says. Raise StatesUnreadable. A refusal is returned, not raised."""

    def decode(raw: bytes) -> _ReadStates:
        return _ReadStates.of(_read(_READERS[sender], parse_json(raw, StatesUnreadable), labels, work.now), [])

    read = await decode_body(runtime, body, MAX_DECODED_BYTES, decode)
    return await _record_states(work, runtime, sender.value, read)


class _ReadStates(NamedTuple):
    """The states of a body, as reports of alerts."""

    counts: Mapping[ThingState, int]
    alerts: Sequence[ReportedAlert]
    """What the states say of alerts."""
    refusals: list[str]

    @classmethod
    def of(cls, states: Sequence[StateReport], refusals: list[str]) -> "_ReadStates":
        alerts = [alert for state in without_replaced_states(states) for alert in state.to_alerts()]
        return cls(Counter(state.state for state in states), alerts, refusals)


def _read_posted(document: Any, labels: Mapping[str, str], now: datetime) -> _ReadStates:
    if not isinstance(document, list):
        return _ReadStates.of(_read(read_state, document, labels, now), [])
    if not 1 <= len(document) <= MAX_STATES:
        raise StatesUnreadable(f"must be a state, or a list of 1 to {MAX_STATES} states", field="body")
    read, refusals = parse_each(enumerate(document), lambda item: read_state(item, labels, now), "")
    return _ReadStates.of([state for states in read.values() for state in states], refusals)


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
    work: UnitOfWork, runtime: Runtime, source: str, read: _ReadStates
) -> StatesAccepted | StatesRefused:
    await store.lock_alerts(work, runtime.clock)
    alerts = [alert.from_now_on(work.now) for alert in read.alerts]
    incident_ids = await record_reports_or_refuse(work, source, alerts, read.refusals)
    if read.refusals:
        reason, place = describe_refusals(read.refusals)
        return StatesRefused(reason, field=place)
    numbers = {state.value: read.counts.get(state, 0) for state in ThingState}
    return StatesAccepted(**numbers, incidents=sorted(incident_ids))
