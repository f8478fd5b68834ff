"""HTTP: the addresses that monitors push states to."""

from fastapi import Request, Response

from common.http.problems import to_response
from common.http.request_bodies import read_body
from common.http.request_scope import AsMonitor, Router, get_runtime
from sla.alerts.states import actions
from sla.alerts.states.actions import StateSender
from sla.alerts.states.posted_states import FORM_MEDIA_TYPE, posted_states_schema
from sla.alerts.states.views import AddressLabelsQuery, StatesAccepted

FORM_SCHEMA = {
    "type": "object",
    "properties": {"what": {"type": "string"}, "state": {"type": "string"}},
    "required": ["what", "state"],
}

router = Router(tags=["alerts"])


@router.post(
    "/push/states",
    response_model=StatesAccepted,
    summary="Push what is up, down or degraded",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": posted_states_schema()},
                FORM_MEDIA_TYPE: {"schema": FORM_SCHEMA},
            },
        }
    },
)
async def push_states(
    work: AsMonitor, request: Request, address_labels: AddressLabelsQuery
) -> StatesAccepted | Response:
    """Accepts a state or a list of states, in any order, late or repeated. Texts that are too long are cut. One state
    may be a form, too, in which `labels.host` is the label `host`.

    A thing that is down has an alert with the labels `alertname` (its name), `state="down"` and its own labels, and
    one that is degraded an alert with `state="degraded"`. They open incidents, and count as downtime, as other alerts
    do. If a state of a list breaks a rule the answer is 400 and names it; the others are recorded.
    """
    body, labels = await read_body(request), address_labels.to_labels()
    outcome = await actions.ingest_posted_states(work, get_runtime(request), body, labels)
    return outcome if isinstance(outcome, StatesAccepted) else to_response("sla", outcome)


@router.post(
    "/push/states/{sender}",
    response_model=StatesAccepted,
    summary="Push states in the form of a sender",
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def push_notified_states(
    work: AsMonitor, request: Request, sender: StateSender, address_labels: AddressLabelsQuery
) -> StatesAccepted | Response:
    """Accepts the notifications of Uptime Kuma (default body), Azure Monitor (common alert schema) and Amazon
    CloudWatch (by SNS, whatever the Content-Type). What says nothing of a state is accepted, and changes nothing.

    A subscription of SNS that waits for its confirmation is shown as an alert, whose link is opened by a person.
    """
    body, labels = await read_body(request), address_labels.to_labels()
    outcome = await actions.ingest_notified_states(work, get_runtime(request), sender, body, labels)
    return outcome if isinstance(outcome, StatesAccepted) else to_response("sla", outcome)
