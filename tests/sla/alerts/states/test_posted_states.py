"""What is up, down or degraded since when, in any order, makes alerts and incidents."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from sla.alerts.model import MAX_RECOVERIES, AlertFiring
from tests.sla.alerts.states.conftest import Span, StateClient, instant

pytestmark = pytest.mark.usefixtures("agreement")

Observation = tuple[int, str]
"""The minute after eleven since which a state holds, and the state."""

LABELS = {"service": "Web shop"}


def state(minute: float | None, word: str, what: str = "checkout", **changes: Any) -> dict[str, Any]:
    times = {} if minute is None else {"since": instant(minute)}
    return {"what": what, "state": word, "text": f"It is {word}.", "labels": LABELS} | times | changes


async def test_a_thing_that_is_down_is_an_incident_until_it_is_up(states: StateClient) -> None:
    accepted = await states.push(state(0, "down", link="http://monitor.example/checkout"))
    assert (accepted["down"], accepted["up"], len(accepted["incidents"])) == (1, 0, 1)
    (firing,) = await states.alerts.firings(firing=True)
    assert firing["labels"] == LABELS | {"alertname": "checkout", "state": "down", "severity": "critical"}
    assert firing["annotations"] == {"summary": "It is down."}
    assert (firing["source"], firing["links"]) == ("states", {"generator": "http://monitor.example/checkout"})

    accepted = await states.push(state(12, "up"))
    assert (accepted["up"], len(accepted["incidents"])) == (1, 1)
    (incident,) = (await states.alerts.get("/incidents", source="states"))["items"]
    assert (incident["title"], incident["priority"], incident["state"]) == ("checkout", 1, "resolved")
    assert (incident["opened_at"], incident["resolved_at"]) == (instant(0), instant(12))


async def test_a_state_opens_the_incident_of_the_customer_and_priority_that_it_names(states: StateClient) -> None:
    customer_id = str(states.alerts.sla_client.customer_id)
    await states.push(state(0, "degraded", severity="minor", labels=LABELS | {"customer_id": customer_id}))
    await states.push(state(0, "down", labels={"service": "Web shop", "customer_id": str(new_id())}))
    await states.push(state(0, "down", labels={"host": "db1"}))
    (incident,) = (await states.alerts.get("/incidents"))["items"]
    assert (incident["customer_id"], incident["priority"]) == (customer_id, 4)


async def test_degraded_is_another_alert_than_down(states: StateClient) -> None:
    await states.push(state(0, "degraded"), state(5, "down"), state(9, "degraded"), state(20, "ok"))
    assert await states.spans() == [
        ("checkout", "degraded", instant(0), instant(5)),
        ("checkout", "down", instant(5), instant(9)),
        ("checkout", "degraded", instant(9), instant(20)),
    ]


async def test_an_indicator_counts_as_downtime_what_its_selector_names(states: StateClient) -> None:
    answer = await states.alerts.bind('rapport_alert{alertname="checkout", state="down"}')
    await states.push(state(0, "degraded"), state(2, "down"), state(4, "up"))
    assert await states.alerts.states(answer.json()["id"], 0, 6) == ["unknown"] * 2 + ["bad"] * 2 + ["unknown"] * 2


def expected_spans(observations: list[Observation], what: str) -> list[Span]:
    """Return when a thing was down or degraded: each state holds until the next one."""
    spans: list[Span] = []
    ordered = sorted(observations)
    for (start, word), (end, _) in [*pairwise(ordered), *((last, (-1, "")) for last in ordered[-1:])]:
        if spans and spans[-1][1] == word and spans[-1][3] == instant(start):
            spans[-1] = (*spans[-1][:3], None if end < 0 else instant(end))
        elif word != "up":
            spans.append((what, word, instant(start), None if end < 0 else instant(end)))
    return spans


observations = st.lists(
    st.tuples(st.integers(0, 50), st.sampled_from(["up", "down", "degraded"])),
    min_size=1,
    max_size=6,
    unique_by=lambda observation: observation[0],
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(observations, st.data())
async def test_incidents_follow_states_in_any_order(
    states: StateClient, observations: list[Observation], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(observations), "order")
    what = new_id().hex

    for since, word in [*order, *order]:
        await states.push(state(since, word, what))

    assert [span for span in await states.spans() if span[0] == what] == expected_spans(observations, what)


async def test_a_down_that_is_delivered_again_after_the_end_is_no_news(states: StateClient, clock: FakeClock) -> None:
    await states.push(state(0, "down"), state(10, "up"))
    clock.now += timedelta(hours=1)
    await states.push(state(0, "down"))
    assert await states.spans() == [("checkout", "down", instant(0), instant(10))]


async def test_a_false_alarm_that_a_person_ends_where_it_began_is_still_listed(states: StateClient) -> None:
    await states.push(state(0, "down"))
    (firing,) = await states.alerts.firings()
    headers = states.alerts.headers("manager") | {"If-Match": f'"{firing["version"]}"'}
    body = {"ended_at": instant(0), "reason": "The probe was misconfigured."}
    client = states.alerts.sla_client.sla.client
    assert (await client.post(f"/alerts/{firing['id']}/end", json=body, headers=headers)).status_code == 200
    assert await states.spans() == [("checkout", "down", instant(0), instant(0))]


async def test_without_a_time_a_state_holds_from_now_on(states: StateClient, clock: FakeClock) -> None:
    words = ["up", "up", "down", "down", "up", "up", "down"]
    for word in words:
        await states.push(state(None, word, since=None if word == "up" else ""))
        clock.now += timedelta(minutes=1)
    assert [span[2:] for span in await states.spans()] == [(instant(62), instant(64)), (instant(66), None)]
    async with states.alerts.sla_client.sla.begin() as work:
        assert await work.session.scalar(select(func.count()).select_from(AlertFiring)) == 2


async def test_the_last_state_of_a_list_without_times_is_what_holds(states: StateClient) -> None:
    accepted = await states.push(state(None, "down"), state(None, "up"), state(None, "down"))
    assert (accepted["down"], accepted["up"]) == (2, 1)
    assert [span[2:] for span in await states.spans()] == [(instant(60), None)]


async def test_a_state_holds_from_when_its_body_is_complete(states: StateClient, clock: FakeClock) -> None:
    async def send_in_two_parts() -> AsyncIterator[bytes]:
        yield b'{"what": "checkout", "state": '
        clock.now += timedelta(minutes=1)
        await states.push({"what": "checkout", "state": "up"})
        clock.now += timedelta(minutes=1)
        yield b'"down"}'

    answer = await states.post("", send_in_two_parts())

    assert answer.status_code == 200
    assert [span[2:] for span in await states.spans()] == [(instant(62), None)]


async def test_of_the_times_at_which_a_thing_was_up_the_latest_few_are_kept(states: StateClient) -> None:
    await states.push(*(state(minute, "up") for minute in range(30)))
    async with states.alerts.sla_client.sla.begin() as work:
        count = await work.session.scalar(select(func.count()).select_from(AlertFiring))
        assert count == 2 * MAX_RECOVERIES
    await states.push(state(28.5, "down"))
    assert [span[2:] for span in await states.spans()] == [(instant(28.5), instant(29))]


async def test_no_state_is_lost_for_a_text(states: StateClient) -> None:
    long = {"what": "checkout " * 100, "text": "x" * 30_000, "labels": {"a" * 500: "\x00" * 500}}
    await states.push(state(0, "down", **long))
    await states.push(state(1, "down", "cart", text=["no text"], severity=5, link=None))
    first, second = sorted(await states.alerts.firings(), key=lambda firing: str(firing["starts_at"]))
    assert first["annotations"]["summary"] == "x" * 19_999 + "…"
    assert len(first["labels"]["alertname"]) == 200
    assert (second["annotations"], second["links"], second["labels"]["severity"]) == ({}, {}, "critical")


async def test_labels_of_the_address_are_those_that_the_body_leaves_out(states: StateClient) -> None:
    await states.push(state(0, "down", labels={}), path="?service=Web%20shop&severity=low")
    await states.push(state(0, "down", labels={"service": "another"}), path="?service=Web%20shop")
    (incident,) = (await states.alerts.get("/incidents"))["items"]
    assert incident["priority"] == 4


async def test_only_monitors_push_states(states: StateClient) -> None:
    for path in ("", "/cloudwatch"):
        assert (await states.post(path, "{}", **states.alerts.headers("manager"))).status_code == 403
        answer = await states.post(path, "{}", authorization="Basic eDp5")
        assert (answer.status_code, "Basic" in answer.headers["www-authenticate"]) == (401, True)


async def test_a_state_that_breaks_a_rule_is_named_and_the_others_are_kept(states: StateClient) -> None:
    wrong = state(0, "broken")
    answer = await states.post("", json.dumps([state(0, "down", "first"), wrong, state(1, "down", "last")]))
    assert (answer.status_code, answer.json()["type"]) == (400, "/sla/v1/problems/states-refused")
    assert [error["field"] for error in answer.json()["errors"]] == ["[1].state"]
    assert [span[0] for span in await states.spans()] == ["first", "last"]

    answer = await states.post("", json.dumps(wrong))
    assert [error["field"] for error in answer.json()["errors"]] == ["state"]


async def test_what_is_no_state_is_refused(states: StateClient) -> None:
    for content in ["", "{", "[]", "null", "7", "[" * 5000, '{"what": "\\u200b", "state": "up"}']:
        answer = await states.post("", content)
        assert (answer.status_code, answer.json()["type"]) == (400, "/sla/v1/problems/states-unreadable")
    answer = await states.post("", json.dumps([state(0, "up")] * 101))
    assert (answer.status_code, answer.json()["detail"]) == (400, "body: must be a state, or a list of 1 to 100 states")


@pytest.mark.parametrize(
    ("sent", "summary"),
    [
        (r"down \ud83d", "down \ufffd"),
        (r"down \uDE00\ud83d", "down \ufffd\ufffd"),
        (r"down \ud83d\ude00", "down \U0001f600"),
        (r"\\ud83d \ud83d", "\\ud83d \ufffd"),
    ],
)
async def test_no_state_is_lost_for_a_text_that_was_cut_within_a_character(
    states: StateClient, sent: str, summary: str
) -> None:
    answer = await states.post("", f'{{"what": "shop", "state": "down", "text": "{sent}"}}')
    assert answer.status_code == 200, answer.text
    assert [firing["annotations"]["summary"] for firing in await states.alerts.firings()] == [summary]
