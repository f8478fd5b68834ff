"""Whether a chain holds: one promise, and what its carriers would have to say."""

from typing import Any
from uuid import UUID

import pytest

from sla.agreements.terms import Terms
from sla.chains.feasibility import compute_feasibility
from sla.chains.feasibility_reasons import Feasibility, FeasibilityReason, FeasibilityResult, FeasibilitySubject
from sla.chains.supporting_agreements import ServicePart, SupportingAgreement

INDICATOR = str(UUID(int=1))
ALWAYS = {"timezone": "Europe/Paris", "hours": "24x7"}
OFFICE = {
    "timezone": "Europe/Paris",
    "hours": {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}


def available(target: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Availability",
        "kind": "availability",
        "indicator_id": INDICATOR,
        "target": target,
        "method": "time",
        "missing": "ignore",
    } | changes


def resolved(within: str, target: str = "90", kind: str = "resolution_time", **changes: Any) -> dict[str, Any]:
    return {"name": f"{kind} {within}", "kind": kind, "priorities": [1], "within": within, "target": target} | changes


def terms(*objectives: dict[str, Any], name: str = "Web shop", **changes: Any) -> Terms:
    document = {"name": name, "service_hours": ALWAYS, "objectives": objectives, "starts_on": "2026-01-01"}
    return Terms.model_validate(document | changes)


def carrier(*objectives: dict[str, Any], name: str = "Network", **changes: Any) -> SupportingAgreement:
    promised = terms(*objectives, name=name, **changes)
    return SupportingAgreement(UUID(int=int.from_bytes(name.encode()[:16])), promised)


def in_a_row(*carriers: SupportingAgreement) -> list[ServicePart]:
    return [ServicePart(carrier.name, 1, [carrier]) for carrier in carriers]


def about(answer: FeasibilityResult, subject: FeasibilitySubject) -> FeasibilityReason:
    (only_reason,) = (reason for reason in answer.reasons if reason.subject is subject)
    return only_reason


def test_better_promises_in_a_row_hold() -> None:
    answer = compute_feasibility(
        terms(available("99")), in_a_row(carrier(available("99.9")), carrier(available("99.5"), name="Hosting"))
    )
    assert answer.feasibility is Feasibility.FEASIBLE
    reason = about(answer, FeasibilitySubject.AVAILABILITY)
    assert reason.figures == {"target": "99.0000", "worst": "99.4000", "independent": "99.4005", "best": "99.5000"}


def test_a_weaker_carrier_makes_it_impossible() -> None:
    answer = compute_feasibility(terms(available("99.9")), in_a_row(carrier(available("99.5"))))
    assert answer.feasibility is Feasibility.INFEASIBLE
    sentence = about(answer, FeasibilitySubject.AVAILABILITY).sentence
    assert sentence.startswith("Availability: 99.9000 % cannot be held: the chain gives 99.5000 % if outages fall as")


def test_two_that_stand_in_for_each_other_hold_more_than_each() -> None:
    pair = [carrier(available("99.5")), carrier(available("99.5"), name="Second network")]
    answer = compute_feasibility(terms(available("99.9")), [ServicePart("Network", 1, pair)])
    assert answer.feasibility is Feasibility.AT_RISK
    reason = about(answer, FeasibilitySubject.AVAILABILITY)
    assert "holds unless outages come at once" in reason.sentence
    assert (reason.figures["independent"], reason.figures["best"]) == ("99.9975", "100.0000")


def test_what_a_year_allows_may_fall_into_one_month() -> None:
    """0.1 % of a year are 8.76 hours; of February 1.3 %."""
    yearly = carrier(available("99.9"), review_period="calendar_year")
    answer = compute_feasibility(terms(available("99.9")), in_a_row(yearly))
    reason = about(answer, FeasibilitySubject.AVAILABILITY)
    assert answer.feasibility is Feasibility.AT_RISK
    assert reason.figures["worst"] == "98.6964"


def test_months_of_a_carrier_add_up_in_a_quarter_and_may_end_in_a_rolling_week() -> None:
    quarterly = terms(available("99.9"), review_period="calendar_quarter")
    monthly = in_a_row(carrier(available("99.9")))
    assert about(compute_feasibility(quarterly, monthly), FeasibilitySubject.AVAILABILITY).figures["worst"] == "99.9000"
    weekly = terms(available("99.9", window={"rolling_days": 7}))
    # A week that holds the end of July and the start of August: 0.1 % of both, in 168 hours.
    worst = about(compute_feasibility(weekly, monthly), FeasibilitySubject.AVAILABILITY).figures["worst"]
    assert worst == "99.1142"


def test_what_is_allowed_around_the_clock_may_fall_into_office_hours() -> None:
    answer = compute_feasibility(terms(available("99.9"), service_hours=OFFICE), in_a_row(carrier(available("99.9"))))
    assert answer.feasibility is Feasibility.AT_RISK
    # 44.64 minutes of the 744 hours of May, in its 210 office hours
    assert about(answer, FeasibilitySubject.AVAILABILITY).figures["worst"] == "99.6457"


def test_hours_that_nobody_carries_are_at_risk() -> None:
    answer = compute_feasibility(terms(available("99")), in_a_row(carrier(available("99.9"), service_hours=OFFICE)))
    reason = about(answer, FeasibilitySubject.SERVICE_HOURS)
    assert reason.feasibility is Feasibility.AT_RISK
    assert "sun (52 times) 00:00 to 24:00" in reason.sentence or "sat (52 times) 00:00 to 24:00" in reason.sentence


def test_a_carrier_without_a_promise_is_named() -> None:
    answer = compute_feasibility(terms(available("99")), in_a_row(carrier(resolved("PT1H"))))
    sentences = [reason.sentence for reason in answer.reasons]
    assert "Network promises no availability." in sentences
    assert answer.feasibility is Feasibility.AT_RISK


@pytest.mark.parametrize(
    ("promised", "expected", "best", "worst"),
    [
        ("PT8H", Feasibility.FEASIBLE, "4", "6"),
        ("PT5H", Feasibility.AT_RISK, "4", "6"),
        ("PT3H", Feasibility.INFEASIBLE, "4", "6"),
    ],
)
def test_help_may_be_needed_of_one_or_of_all(promised: str, expected: Feasibility, best: str, worst: str) -> None:
    parts = in_a_row(carrier(resolved("PT4H")), carrier(resolved("PT2H"), name="Hosting"))
    answer = compute_feasibility(terms(resolved(promised)), parts)
    reason = about(answer, FeasibilitySubject.RESOLUTION_TIME)
    assert (reason.feasibility, reason.figures["best"], reason.figures["worst"]) == (expected, best, worst)


def test_office_hours_of_a_carrier_are_long_on_a_clock_that_never_stops() -> None:
    answer = compute_feasibility(terms(resolved("PT8H")), in_a_row(carrier(resolved("PT4H"), service_hours=OFFICE)))
    reason = about(answer, FeasibilitySubject.RESOLUTION_TIME)
    assert reason.feasibility is Feasibility.AT_RISK
    assert reason.figures["best"] == "4"
    assert float(reason.figures["worst"]) == pytest.approx(67, abs=0.02)


def test_times_in_business_days_are_left_to_the_reader() -> None:
    in_days = {key: value for key, value in resolved("PT8H").items() if key != "within"} | {"within_business_days": 2}
    parts = in_a_row(carrier(resolved("PT4H")))

    reasons = [
        about(compute_feasibility(terms(promised), chain), FeasibilitySubject.RESOLUTION_TIME)
        for promised, chain in ((in_days, parts), (resolved("PT8H"), in_a_row(carrier(in_days))))
    ]

    assert [reason.feasibility for reason in reasons] == [Feasibility.UNKNOWN, Feasibility.UNKNOWN]
    assert "Compare 2 business days for priority 1 with what the supporting" in reasons[0].sentence


def test_weaker_and_missing_promises_about_incidents_are_named() -> None:
    promised = terms(resolved("PT8H", "95"), resolved("PT1H", "95", "response_time"))
    parts = in_a_row(carrier(resolved("PT4H", "90")), carrier(available("99.9"), name="Hosting"))
    sentences = [reason.sentence for reason in compute_feasibility(promised, parts).reasons]
    assert "Hosting promises no resolution time for priority 1." in sentences
    assert any(
        sentence.startswith("Network keeps its resolution time for priority 1 in 90 % of the") for sentence in sentences
    )
    assert not any("response" in sentence for sentence in sentences)


def test_days_and_maintenance_and_signatures_are_compared() -> None:
    promised = terms(available("99"), ends_on="2027-12-31", maintenance={"notice": "PT72H", "cap": "PT4H"})
    weak = carrier(
        available("99.9"),
        starts_on="2026-02-01",
        ends_on="2026-12-31",
        maintenance={"notice": "PT24H"},
    )
    unsigned = SupportingAgreement(weak.agreement_id, weak.terms, is_signed=False)
    sentences = [reason.sentence for reason in compute_feasibility(promised, in_a_row(unsigned)).reasons]
    assert "Network begins on 2026-02-01, 31 days later than this one." in sentences
    assert "Network ends on 2026-12-31, this one runs until 2027-12-31." in sentences
    assert "Network announces maintenance 24 hours ahead, this one 72 hours." in sentences
    assert "Network may do maintenance without limit, this one for 4 hours." in sentences
    assert "Network is not signed by both sides." in sentences


def test_maintenance_that_only_the_carrier_does_not_count() -> None:
    answer = compute_feasibility(
        terms(available("99")), in_a_row(carrier(available("99.9"), maintenance={"notice": "PT24H"}))
    )
    assert about(answer, FeasibilitySubject.MAINTENANCE).sentence == (
        "Network does not count its maintenance as an outage, this one does."
    )
