"""Terms and figures read as people say them, and never better than they are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.agreements.terms_in_words import describe_change, describe_hours, describe_objective, describe_terms
from console.agreements.turns import find_turn
from console.customers.named_things import link_named_things
from console.customers.routes import list_scorecard_months
from console.frame.formats import format_duration, format_last_day_in, format_percent, format_period
from console.frame.months import Month, choose_month
from console.sessions.sealed_cookies import ContentTooLong, CookieSealer, join_parts, split_into_parts
from console.sessions.ways import choose_page

ADMITTED = {"POST /sla/v1/agreements/{agreement_id}/acceptances"}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("objective", "sentence"),
    [
        (
            {"kind": "availability", "target": "99.9", "method": "time"},
            "The service is available at least 99.9 % of the time, counted by minutes.",
        ),
        (
            {"kind": "ratio", "target": "99.99995", "method": "occurrences"},
            "At least 99.99995 % of events are good, counted by events.",
        ),
        (
            {"kind": "latency_percentile", "target": "95", "limit": "0.25"},
            "At least 95 % of observations are at most 0.25.",
        ),
        ({"kind": "volume", "direction": "at_most", "limit": 12000, "per": "hour"}, "At most 12,000 per hour."),
        (
            {"kind": "response_time", "target": "90", "priorities": [1, 2, 3], "within": "PT15M"},
            "At least 90 % of incidents of priority 1, 2 and 3 get a first answer within 15 minutes of service time.",
        ),
        (
            {"kind": "resolution_time", "target": "80", "priorities": [4], "within": "P2DT12H30M"},
            "At least 80 % of incidents of priority 4 are resolved within 60 hours 30 minutes of service time.",
        ),
        (
            {"kind": "next_answer_time", "target": "80", "priorities": [1, 2], "within_business_days": 1},
            "At least 80 % of incidents of priority 1 and 2 get each further answer within 1 business day.",
        ),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_a_promise_reads_as_a_sentence(objective: dict[str, Any], sentence: str) -> None:
    assert plain(describe_objective(objective)) == sentence


def test_service_hours_begin_with_monday() -> None:
    hours = {
        "timezone": "Europe/Paris",
        "hours": {"fri": [["09:00", "12:00"], ["13:00", "17:00"]], "mon": [["09:00", "17:00"]]},
    }
    assert describe_hours(hours) == [
        "Monday 09:00 to 17:00",
        "Friday 09:00 to 12:00, 13:00 to 17:00",
        "in the time of Europe/Paris",
    ]
    week = {day: [["07:00", "19:00"]] for day in ("mon", "tue", "wed", "thu", "fri")} | {"sun": [["07:00", "19:00"]]}
    assert describe_hours({"timezone": "UTC", "hours": week}) == [
        "Monday to Friday 07:00 to 19:00",
        "Sunday 07:00 to 19:00",
        "in the time of UTC",
    ]
    assert describe_hours({"timezone": "UTC", "hours": "24x7"}) == ["At all times (UTC)"]


def test_credits_are_said_step_by_step() -> None:
    terms = {"starts_on": "2026-01-01", "review_period": "calendar_month"}
    steps = [{"points_below": "0", "percent": "5"}, {"points_below": "1.5", "percent": "15"}]
    objectives = [{"name": "Speed"}, {"name": "Solved", "credits": {"steps": [{"points_below": "0", "percent": "2"}]}}]

    described = dict(describe_terms(terms | {"credits": {"ladder": None, "steps": steps}, "objectives": objectives}))

    assert plain(described["Credits, where not said otherwise"]) == (
        "below the target: 5 % of the charge; more than 1.5 points below the target: 15 % of the charge"
    )
    assert plain(described["Credits for Solved"]) == "below the target: 2 % of the charge"
    assert plain(described["Credits at most"]) == "100 % of the charge for a period"
    assert plain(described["Valid"]) == "from 1 Jan 2026, without an end"


def test_a_change_of_terms_names_the_objective_and_what_changed() -> None:
    change = {"field": "objectives.Solved in 4.5 h.target", "sentence": "objectives.Solved in 4.5 h.target: 97 → 99"}
    assert describe_change(change) == "Solved in 4.5 h, target: 97 → 99"
    assert describe_change({"field": "starts_on", "sentence": "starts_on: a → b"}) == "starts on: a → b"


def test_review_periods_are_named() -> None:
    names = {"2026-10": "October 2026", "2026-Q4": "Quarter 4 of 2026", "2026": "2026"}
    assert {key: format_period(key) for key in names} == names


def test_figures_are_cut_towards_the_bad_side() -> None:
    assert plain(format_percent("99.99999")) == "99.9999 %"
    assert plain(format_percent("99.996", 2)) == "99.99 %"
    assert plain(format_percent("-0.001", 1)) == "\u22120.1 %"
    assert format_percent(None) == "\u2013"


def test_a_period_ends_on_its_last_day_where_it_is_agreed() -> None:
    assert plain(format_last_day_in("2026-10-31T23:00:00Z", "Europe/Paris")) == "31 Oct 2026"


def test_a_month_that_has_not_begun_is_not_shown() -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    assert choose_month("", now).shown == Month(2026, 11)
    assert choose_month("2027-01", now).shown == Month(2026, 11)
    assert choose_month("2026-10", now).after == Month(2026, 11)
    assert [choose_month(text, now).shown for text in ("2026-13", "x", "²-1", "2026-10-01")] == [Month(2026, 11)] * 4


@pytest.mark.parametrize(
    ("negotiation", "provider", "customer"),
    [
        (("draft", [], []), "propose", ""),
        (("proposed", ["provider"], []), "", "answer"),
        (("counter_proposed", ["provider", "customer"], []), "answer", ""),
        (("accepted", ["provider"], ["customer"]), "sign", ""),
        (("signed", ["provider"], ["customer", "provider"]), "", ""),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else str(value),
)
def test_a_negotiation_is_one_sides_turn(
    negotiation: tuple[str, list[str], list[str]], provider: str, customer: str
) -> None:
    stage, proposers, signers = negotiation
    record = [
        {"step": "counter_proposal" if number else "proposal", "side": side} for number, side in enumerate(proposers)
    ]
    document = {"stage": stage, "record": record, "signatures": [{"side": side} for side in signers], "objected": []}
    document["may_propose"] = ["provider"] if stage == "draft" else []

    for side, step in (("provider", provider), ("customer", customer)):
        turn = find_turn(document, side, ADMITTED)
        assert {name for name in ("propose", "answer", "sign") if getattr(turn, name)} == ({step} if step else set())
        assert not any(find_turn(document, side, set())[:-1]), "who is not admitted has no step"


def test_who_has_objected_waits_for_the_other_side() -> None:
    document = {"stage": "proposed", "record": [{"step": "proposal", "side": "provider"}], "signatures": []}
    turn = find_turn(document | {"objected": ["x"], "may_propose": ["customer"]}, "customer", ADMITTED)
    assert (turn.answer, turn.counter) == (True, True)
    assert (turn.waits_for, turn.others_turn) == ("", "the answer of IT")


def test_scorecards_are_offered_from_the_first_agreement_on() -> None:
    current = Month(2027, 1)
    assert list_scorecard_months(current, ["2026-12-15", "2026-11-30"]) == [current, Month(2026, 12), Month(2026, 11)]
    assert list_scorecard_months(current, []) == list_scorecard_months(current, ["2027-03-01"]) == [current]
    assert len(list_scorecard_months(current, ["2020-01-01"])) == 12


def test_a_name_leads_to_its_page_only_where_who_looks_may_open_it() -> None:
    survey = "01900000-0000-7000-8000-000000000001"
    page = f"<th><!-- survey {survey} -->How &lt;!-- was it?<!-- end --></th>"

    linked = f'<th><a href="/console/surveys/{survey}">How &lt;!-- was it?</a></th>'
    assert link_named_things(page, {"survey"}) == linked
    assert link_named_things(page, {"issue"}) == "<th>How &lt;!-- was it?</th>"


def test_a_long_session_is_split_and_joined_again() -> None:
    sealer = CookieSealer("s" * 40, "session")
    content = bytes(range(256)) * 30
    cookies = {name: part for name, part in split_into_parts("session", sealer.seal(content)) if part}

    assert len(cookies) > 1
    assert all(len(part) < 4000 for part in cookies.values())
    assert sealer.open(join_parts("session", cookies)) == content
    assert sealer.open(join_parts("session", {**cookies, "session": "x" + cookies["session"][1:]})) is None
    assert CookieSealer("s" * 40, "sign-in").open(join_parts("session", cookies)) is None
    with pytest.raises(ContentTooLong):
        sealer.seal(b"x" * 20_000)


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil", "/console/\n", "", None, "/sla/v1"]
)
def test_nobody_is_sent_elsewhere(path: str | None) -> None:
    assert choose_page(path) == "/"


def test_durations_have_two_units() -> None:
    assert plain(format_duration(timedelta(days=3, hours=2, minutes=5))) == "3 days 2 hours"
    assert plain(format_duration(timedelta())) == "0 minutes"
