"""How states are written: the words, the times, and what is named when it cannot be read."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from common.http.validation_messages import first_validation_error
from sla.alerts.states import azure_monitor, cloudwatch, uptime_kuma
from sla.alerts.states.posted_states import read_state
from sla.alerts.states.state_report import without_replaced_states
from tests.sla.alerts.conftest import NOON, at
from tests.sla.alerts.states.conftest import instant

SAMPLES = Path(__file__).parent / "samples"
DOWN = {"what": "checkout", "state": "down", "since": instant(0)}
READERS = {
    "states": read_state,
    "uptime-kuma": uptime_kuma.read_kuma_notification,
    "azure-monitor": azure_monitor.read_azure_notification,
    "cloudwatch": cloudwatch.read_sns_notification,
}


def refused_field(sender: str, document: Any) -> str:
    with pytest.raises((ValidationError, ValueError)) as refusal:
        READERS[sender](document, {}, NOON)
    error = refusal.value
    return first_validation_error(error)[0] if isinstance(error, ValidationError) else str(error).partition(": ")[0]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("UP", "up"),
        ("OK", "up"),
        ("Resolved", "up"),
        (" up ", "up"),
        ("CRITICAL", "down"),
        ("PROBLEM", "down"),
        ("Down (Acknowledged)", "down"),
        ("Down ended (now: Up)", "up"),
        ("Down ended", "up"),
        ("Warning ended (now: Down)", "down"),
        ("Down ended (now: Paused)", None),
        ("WARNING", "degraded"),
        ("Unusual", "degraded"),
        ("UNKNOWN", None),
        ("UNREACHABLE", None),
    ],
)
def test_the_words_of_other_monitors_are_read(word: str, state: str | None) -> None:
    assert [report.state for report in read_state(DOWN | {"state": word}, {}, NOON)] == ([state] if state else [])


@pytest.mark.parametrize(
    "since", [1770116400, 1770116400.0, "1770116400", "2026-02-03T11:00:00Z", "2026-02-03 12:00:00.000+0100"]
)
def test_since_when_is_written_in_several_ways(since: Any) -> None:
    (report,) = read_state(DOWN | {"since": since}, {}, NOON)
    assert (report.since, report.is_in_time) == (at(0), False)


@pytest.mark.parametrize("since", [None, ""])
def test_without_a_time_it_is_so_from_now_on(since: Any) -> None:
    (report,) = read_state(DOWN | {"since": since}, {}, NOON)
    assert (report.since, report.is_in_time) == (NOON, True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"what": " "}, "what"),
        ({"what": None}, "what"),
        ({"what": 7}, "what"),
        ({"state": "broken"}, "state"),
        ({"state": "broken ended"}, "state"),
        ({"state": None}, "state"),
        ({"state": 0}, "state"),
        ({"since": "2026-02-03T11:00:00"}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"since": instant(71)}, "since"),
        ({"since": 10**12}, "since"),
        ({"since": True}, "since"),
        ({"since": "nan"}, "since"),
        ({"since": ["2026-02-03T11:00:00Z"]}, "since"),
        ({"labels": ["service"]}, "labels"),
        ({"labels": {"service": None}}, "labels.service"),
    ],
)
def test_a_state_that_breaks_a_rule_is_named(changes: dict[str, Any], field: str) -> None:
    assert refused_field("states", DOWN | changes) == field


@pytest.mark.parametrize(
    "address",
    [
        "http://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=1",
        "https://sns.eu-central-1.amazonaws.com.example.org/?Action=ConfirmSubscription&Token=1",
        "https://sns.eu-central-1.amazonaws.com@example.org/?Action=ConfirmSubscription&Token=1",
        "https://sns.eu-central-1.amazonaws.com:8443/?Action=ConfirmSubscription&Token=1",
        "https://example.org/?https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=1",
        "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe&Token=1",
        "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=1\n",
        "",
    ],
)
def test_no_other_address_is_shown_as_that_of_a_subscription(address: str) -> None:
    document = json.loads((SAMPLES / "sns-subscription.json").read_text(encoding="utf-8"))
    assert refused_field("cloudwatch", document | {"SubscribeURL": address}) == "SubscribeURL"


@pytest.mark.parametrize(
    ("sender", "document", "field"),
    [
        ("cloudwatch", {"Type": "Notification", "Message": "Hello"}, "Message"),
        ("cloudwatch", {"Type": "Notification", "Message": "{}"}, "Message"),
        ("cloudwatch", {}, "Type"),
        ("cloudwatch", {"AlarmName": "a", "NewStateValue": "OK", "StateChangeTime": "today"}, "StateChangeTime"),
        ("azure-monitor", {"schemaId": "Microsoft.Insights/activityLogs", "data": {}}, "schemaId"),
        ("azure-monitor", [], "body"),
        (
            "uptime-kuma",
            {"heartbeat": {"status": 0, "time": "now"}, "monitor": {"id": 1, "name": "a"}},
            "heartbeat.time",
        ),
        ("uptime-kuma", {"heartbeat": {"time": "now"}, "monitor": {"id": 1, "name": "a"}}, "heartbeat.status"),
    ],
)
def test_a_notification_of_another_form_is_refused(sender: str, document: Any, field: str) -> None:
    assert refused_field(sender, document) == field


def fingerprints(document: Any, **defaults: str) -> set[str]:
    reports = uptime_kuma.read_kuma_notification(document, defaults, NOON)
    return {alert.fingerprint for report in reports for alert in report.to_alerts()}


def test_a_monitor_of_uptime_kuma_is_the_same_under_another_name_and_another_one_in_another_kuma() -> None:
    down = json.loads((SAMPLES / "uptime-kuma-down.json").read_text(encoding="utf-8"))
    renamed = down | {"monitor": down["monitor"] | {"name": "Till", "url": "https://till.example"}}
    other = down | {"monitor": down["monitor"] | {"id": 8}}

    assert fingerprints(renamed, service="Till") == fingerprints(down)
    assert not fingerprints(other) & fingerprints(down)
    assert not fingerprints(down, instance="two") & fingerprints(down)
    assert fingerprints(renamed, instance="two") == fingerprints(down, instance="two")


@pytest.mark.parametrize(
    ("sender", "name", "place"),
    [
        ("uptime-kuma", "uptime-kuma-up", ("heartbeat", "lastDownTime")),
        ("azure-monitor", "azure-monitor-resolved", ("data", "essentials", "firedDateTime")),
    ],
)
def test_a_recovery_never_leaves_a_later_outage_open(sender: str, name: str, place: tuple[str, ...]) -> None:
    document = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    *path, key = place
    part = document
    for step in path:
        part = part[step]
    part[key] = instant(59)

    down, up = READERS[sender](document, {}, NOON)

    assert (down.state, up.state) == ("down", "up")
    assert down.since == up.since == at(59)


def test_of_the_states_of_a_request_without_a_time_the_last_one_of_each_thing_counts() -> None:
    def read(what: str, state: str, **since: str) -> Any:
        return read_state({"what": what, "state": state, **since}, {}, NOON)[0]

    reports = [
        read("a", "down"),
        read("b", "up"),
        read("a", "up"),
        read("a", "up", since=instant(1)),
        read("a", "down"),
    ]
    assert without_replaced_states(reports) == [reports[1], reports[3], reports[4]]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(SAMPLES.iterdir())), json_values, st.data())
def test_a_sample_with_any_other_value_is_read_or_refused(path: Path, value: Any, data: st.DataObject) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    place = document
    while isinstance(place, dict | list) and place:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.booleans()) or not isinstance(place[key], dict | list):
            place[key] = value
            break
        place = place[key]
    sender = next((name for name in READERS if path.stem.startswith(name)), "cloudwatch")
    try:
        reports = READERS[sender](document, {}, NOON)
    except (ValidationError, ValueError):
        return
    assert all(alert.labels["alertname"] for report in reports for alert in report.to_alerts())
