"""States in the form of this interface: for scripts, and for monitors whose notifications are templates."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from common.names import clean_name
from common.views import LONGEST_NAME, LongMachineText, make_storable
from sla.alerts.alert_documents import MAX_LABELS, AlertModel, AlertTexts
from sla.alerts.states.state_report import StateReport, ThingState, read_instant

MAX_DECODED_BYTES = 4 * 1024 * 1024
MAX_STATES = 100
"""In a request, which takes some 10 ms for each of them."""
FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
LABEL_PREFIX = "labels."
STATE_WORDS: Mapping[str, ThingState | None] = {
    "up": ThingState.UP,
    "ok": ThingState.UP,
    "resolved": ThingState.UP,
    "down": ThingState.DOWN,
    "critical": ThingState.DOWN,
    "problem": ThingState.DOWN,
    "degraded": ThingState.DEGRADED,
    "warning": ThingState.DEGRADED,
    "unusual": ThingState.DEGRADED,
    "unknown": None,
    "unreachable": None,
    "pending": None,
    "paused": None,
}
"""The states by the words of Icinga, Nagios, Checkmk, Zabbix and PRTG. Null says nothing: what was known stands."""


_ENDED = re.compile(rf"\s*(?:{'|'.join(STATE_WORDS)}) ended(?: \(now: (\w+))?", re.IGNORECASE)


def _read_word(word: Any) -> str:
    """Return the first word of a state: PRTG writes `Down (Acknowledged)`, and `Down ended (now: Up)`."""
    if isinstance(word, str) and (ending := _ENDED.match(word)):
        now = (ending[1] or "").lower()
        return now if now in STATE_WORDS else "up"
    first = word.lower().split()[:1] if isinstance(word, str) else []
    if not first or first[0] not in STATE_WORDS:
        raise ValueError("must be up, down or degraded, or one of the words " + ", ".join(list(STATE_WORDS)[1:]))
    return str(first[0])


def _read_since(value: Any, info: ValidationInfo) -> datetime:
    return read_instant(value, (info.context or {})["now"])


def _to_text(value: Any) -> Any:
    return value if isinstance(value, str) else ""


MachineRemark = Annotated[LongMachineText, BeforeValidator(_to_text)]
"""A text that explains a state: what is none is left out, as no state is lost for it."""


def _clean_name(text: str) -> str:
    name = clean_name(make_storable(text, LONGEST_NAME))
    if not name:
        raise ValueError("must not be empty")
    return name


ThingName = Annotated[str, AfterValidator(_clean_name)]
"""The name of a monitored thing or rule: brought into the form of names, and cut."""


class PostedState(AlertModel):
    what: ThingName = Field(examples=["shop: checkout"])
    """The name of the monitored thing. With its labels it tells the thing apart from others."""
    state: Annotated[str, BeforeValidator(_read_word)] = Field(examples=["down"])
    """`up`, `down` or `degraded`, or the words that Icinga, Nagios, Checkmk, Zabbix and PRTG have for them."""
    since: datetime | None = Field(default=None, examples=["2026-02-03T11:40:00Z"])
    """Since when it is in this state: ISO 8601 with an offset, or seconds since 1970; now, if it is left out."""
    text: MachineRemark = Field(default="", examples=["HTTP 502"])
    severity: MachineRemark = ""
    """Gives the priority of its incidents; if it is left out, `critical` when down and `warning` when degraded."""
    link: MachineRemark = ""
    """An address where the monitor shows it."""
    labels: AlertTexts = Field(default_factory=dict, examples=[{"service": "Web shop"}])
    """`service` and `customer_id` say whom it concerns."""

    _read_since = field_validator("since", mode="before")(_read_since)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, document: Any) -> Any:
        """Leave out what a template had no value for."""
        if not isinstance(document, dict):
            return document
        return {name: value for name, value in document.items() if value != ""}


def posted_states_schema() -> dict[str, Any]:
    """Return the JSON Schema of the body, without references."""
    state = PostedState.model_json_schema()
    state["properties"]["since"] = {
        **state["properties"]["since"],
        "anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}],
    }
    return {"anyOf": [state, {"type": "array", "minItems": 1, "maxItems": MAX_STATES, "items": state}]}


def parse_form(body: bytes) -> dict[str, Any]:
    """Parse a state as a form, in which a shell need not quote anything: `labels.host` is the label `host`."""
    fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_LABELS, separator="&")
    labels = {name.removeprefix(LABEL_PREFIX): value for name, value in fields if name.startswith(LABEL_PREFIX)}
    return {**dict(fields), "labels": labels}


def read_state(document: Any, defaults: Mapping[str, str], now: datetime) -> Sequence[StateReport]:
    """Read a state; `defaults` are labels that the address gives. Raise ValidationError."""
    posted = PostedState.model_validate(document, context={"now": now})
    state = STATE_WORDS[posted.state]
    if state is None:
        return []
    own_labels = {name: value for name, value in posted.labels.items() if value}
    labels = {**defaults, **own_labels, "alertname": posted.what}
    severity = labels.pop("severity", "")
    report = StateReport(
        identity=labels,
        labels=labels,
        state=state,
        since=posted.since or now,
        is_in_time=posted.since is None,
        text=posted.text,
        link=posted.link,
        severity=posted.severity or severity,
    )
    return [report]
