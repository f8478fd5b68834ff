"""Anything that is sent as a notification is parsed or refused."""

from contextlib import suppress
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from sla.alerts.alertmanager_webhook import WebhookAlert, parse_alerts, parse_notification
from sla.alerts.errors import AlertsUnreadable
from tests.sla.alerts.conftest import NONE, NOON, alert

texts = st.sampled_from([NONE, "2026-02-03T11:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "firing"])
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
fields = [field.alias or name for name, field in WebhookAlert.model_fields.items()]
changes = st.dictionaries(
    st.sampled_from([*fields, "more"]),
    values,
    max_size=3,
)


def parse(document: Any) -> tuple[list[WebhookAlert], list[str]]:
    body = orjson.dumps(document, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
    return parse_alerts(parse_notification(body).alerts, NOON)


@given(st.binary(max_size=100))
def test_any_bytes(body: bytes) -> None:
    with suppress(AlertsUnreadable):
        parse_notification(body)


@given(st.lists(changes, max_size=4))
def test_any_alerts(changes_by_alert: list[dict[str, Any]]) -> None:
    with suppress(TypeError):  # JSON cannot express it
        alerts, refusals = parse({"version": "4", "alerts": [alert(0) | changes for changes in changes_by_alert]})
        assert len(alerts) + len(refusals) == len(changes_by_alert)
        assert all(parsed.ends_at is None or parsed.starts_at <= parsed.ends_at for parsed in alerts)


@given(values)
def test_any_document(document: Any) -> None:
    with suppress(AlertsUnreadable, TypeError):
        parse({"version": "4", "alerts": document})
