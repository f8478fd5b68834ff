"""What is exported comes back the same: of imported bundles, of the project's own examples, and of any terms."""

import string
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.agreements.terms import Terms
from sla.indicators.views import NewIndicator
from sla.openslo.exporter import build_documents, to_yaml
from tests.sla.openslo.bundles import errors_of, only_indicator, warnings_of
from tests.sla.openslo.conftest import Read, check_specification, read_bundle

COUNTED, TIMED, PROBED, OBSERVED, JUDGED, ORDERED, DELIVERED = (UUID(int=number) for number in range(1, 8))
INDICATORS = {
    COUNTED: NewIndicator.model_validate(
        {
            "name": "Orders",
            "kind": "ratio",
            "counters": "delta",
            "description": "Of the shop",
            "series": [
                {"selector": "orders_total", "part": "total"},
                {"selector": 'orders_failed_total{a="x or y"}', "part": "bad"},
                {"selector": '{"orders.lost", "my.label"="x"}', "part": "bad"},
            ],
        }
    ),
    TIMED: NewIndicator.model_validate({"name": "Orders", "kind": "latency", "threshold": 0.25, "unit": "s"}),
    OBSERVED: NewIndicator.model_validate(
        {"name": "Durations", "kind": "histogram", "series": [{"selector": "durations"}]}
    ),
    JUDGED: NewIndicator.model_validate({"name": "Short ones", "kind": "histogram", "threshold": 0.5}),
    ORDERED: NewIndicator.model_validate(
        {"name": "Ordered", "kind": "volume", "series": [{"selector": "ordered_total", "part": "total"}]}
    ),
    DELIVERED: NewIndicator.model_validate(
        {
            "name": "Delivered",
            "kind": "quality",
            "series": [{"selector": f"delivered_{part}", "part": part} for part in ("good", "bad")],
        }
    ),
    PROBED: NewIndicator.model_validate(
        {"name": "Übersicht / Start", "kind": "availability", "holds_for": 60, "series": [{"selector": "up{job='a'}"}]}
    ),
}


def terms(objectives: list[dict[str, Any]], **changes: Any) -> Terms:
    document = {
        "name": "Shop, gold",
        "service_hours": {
            "timezone": "Europe/Paris",
            "hours": {"mon": [["08:00", "18:00"]], "sat": [["22:00", "06:00"]]},
            "closures": [{"from": "12-25", "every": "year"}],
        },
        "starts_on": "2026-05-15",
        "credits": {"ladder": [{"below": "99.5", "percent": "5"}], "claim_within_days": 30},
        "monthly_charge": {"amount": "12000.00", "currency": "EUR"},
        "maintenance": {"notice": "PT72H", "cap": "PT8H"},
    }
    return Terms.model_validate(document | changes | {"objectives": objectives})


def import_terms(text: str, existing: dict[UUID, NewIndicator]) -> Terms:
    imported = read_bundle(text, existing)
    assert not imported.bundle.warnings
    return Terms.model_validate(imported.terms | {"objectives": imported.objectives})


EVERY_KIND: list[dict[str, Any]] = [
    {"kind": "availability", "indicator_id": PROBED, "method": "time", "target": "99.95", "missing": "bad"},
    {"kind": "availability", "indicator_id": PROBED, "method": "time", "target": "100", "missing": "good"},
    {"kind": "ratio", "indicator_id": COUNTED, "method": "occurrences", "target": "99.9", "missing": "ignore"},
    {
        "kind": "quality",
        "indicator_id": DELIVERED,
        "method": "timeslices",
        "slice_target": "95",
        "slice_minutes": 60,
        "target": "97.5",
        "missing": "ignore",
        "coverage_floor": "80",
        "weight": "2.5",
        "window": {"calendar": "calendar_quarter"},
        "answers": [str(UUID(int=9))],
    },
    {
        "kind": "latency",
        "indicator_id": TIMED,
        "method": "ratio_timeslices",
        "slice_minutes": 5,
        "target": "95",
        "missing": "ignore",
        "window": {"rolling_days": 28},
    },
    {"kind": "latency_percentile", "indicator_id": OBSERVED, "target": "99", "limit": "0.3"},
    {"kind": "latency", "indicator_id": JUDGED, "method": "occurrences", "target": "95", "missing": "ignore"},
    {"kind": "volume", "indicator_id": ORDERED, "direction": "at_least", "limit": 1000, "per": "hour"},
    {"kind": "volume", "indicator_id": COUNTED, "direction": "at_most", "limit": 10**9, "per": "period"},
    {"kind": "response_time", "priorities": [1, 2], "within": "PT30M", "target": "90"},
    {"kind": "resolution_time", "priorities": [3], "within_business_days": 2, "target": "90"},
    {"kind": "next_answer_time", "priorities": [1, 2], "within": "PT1H", "target": "90"},
    {
        "kind": "resolution_time",
        "priorities": [1],
        "within": "PT4H",
        "target": "95",
        "hours": {"timezone": "UTC", "hours": "24x7"},
    },
]


@pytest.mark.parametrize("review_period", ["calendar_month", "calendar_quarter", "calendar_year"])
def test_terms_with_every_kind_of_objective_come_back_the_same(review_period: str) -> None:
    objectives = [{"name": f"Objective {place}"} | objective for place, objective in enumerate(EVERY_KIND)]
    objectives[3]["window"] = {"calendar": review_period}  # none is shorter than the review period
    before = terms(objectives, review_period=review_period)
    text = to_yaml(build_documents(before, "Web shop", INDICATORS))
    assert import_terms(text, INDICATORS) == before


def test_every_document_is_as_the_specification_wants_it() -> None:
    objectives = [
        {"name": f"Die große Übersicht{'!' * place}"} | objective for place, objective in enumerate(EVERY_KIND)
    ]
    documents = list(yaml.safe_load_all(to_yaml(build_documents(terms(objectives), "Web shop", INDICATORS))))
    for document in documents:
        check_specification(document)
    assert len({(document["kind"], document["metadata"]["name"]) for document in documents}) == len(documents)
    slis = {document["metadata"]["name"] for document in documents if document["kind"] == "SLI"}
    slos = [document["spec"] for document in documents if document["kind"] == "SLO"]
    assert {slo["indicatorRef"] for slo in slos} == slis
    assert [slo["budgetingMethod"] for slo in slos] == [
        "Timeslices",
        "Timeslices",
        "Occurrences",
        "Timeslices",
        "RatioTimeslices",
        "Occurrences",
        "Occurrences",
        "Timeslices",
        "Occurrences",
        "Occurrences",
        "Occurrences",
        "Occurrences",
        "Occurrences",
    ]
    assert slos[0]["objectives"] == [
        {"op": "gte", "value": 1.0, "target": 0.9995, "timeSliceTarget": 1.0, "timeSliceWindow": "1m"}
    ]
    assert slos[0]["timeWindow"][0]["calendar"] == {"startTime": "2026-05-01 00:00:00", "timeZone": "Europe/Paris"}
    assert slos[3]["timeWindow"][0]["calendar"]["startTime"] == "2026-04-01 00:00:00"
    assert slos[5]["objectives"][0]["op"] == "lte"


@pytest.mark.parametrize("name", ["occurences-slo", "ratio-timeslices", "timeslices-slo"])
def test_the_examples_of_the_project_come_back_the_same(shared: Path, name: str) -> None:
    imported = read_bundle((shared / "data" / "openslo" / f"{name}.yaml").read_text())
    head = {"name": "Imported", "starts_on": "2026-01-01"}
    before = Terms.model_validate(imported.terms | head | {"objectives": imported.objectives})

    exported = to_yaml(build_documents(before, "web-shop", imported.indicators))

    assert import_terms(exported, imported.indicators) == before
    elsewhere = read_bundle(exported)
    assert list(elsewhere.indicators.values()) == list(imported.indicators.values())
    generated = {"id", "indicator_id"}
    assert [objective.model_dump(exclude=generated) for objective in elsewhere.objectives] == [
        objective.model_dump(exclude=generated) for objective in before.objectives
    ]


def export(objective: dict[str, Any]) -> str:
    return to_yaml(build_documents(terms([objective]), "Web shop", INDICATORS))


def test_what_was_edited_goes_before_what_the_annotations_say(read: Read) -> None:
    text = export({"name": "Orders work", "coverage_floor": "50"} | EVERY_KIND[2] | {"missing": "bad"})

    imported = read(text.replace("target: 0.999", "target: 0.99"))

    (objective,) = imported.objectives
    assert objective.model_dump(include={"name", "target", "missing", "coverage_floor"}) == {
        "name": "Orders work",
        "target": Decimal(99),
        "missing": "bad",
        "coverage_floor": Decimal(50),
    }
    assert any("was edited since it was exported" in warning.message for warning in imported.bundle.warnings)


def test_an_edited_percentile_has_another_limit_and_the_same_indicator(read: Read) -> None:
    text = export({"name": "Fast"} | EVERY_KIND[5])

    imported = read(text.replace("value: 0.3", "value: 0.4"), INDICATORS)

    assert imported.objectives[0].model_dump(include={"limit", "indicator_id"}) == {
        "limit": Decimal("0.4"),
        "indicator_id": OBSERVED,
    }


def test_an_edited_sli_of_incidents_is_not_read_and_a_warning_says_so(read: Read) -> None:
    text = export({"name": "Answered again"} | EVERY_KIND[11])

    imported = read(text.replace("at most PT1H", "at most PT2H"))

    assert imported.objectives[0].model_dump(mode="json", include={"within"}) == {"within": "PT1H"}
    assert warnings_of(imported)["documents.1.spec"].startswith("is not as it was exported, and is not read")
    assert not read(text).bundle.warnings


def test_an_edited_query_binds_other_series(read: Read) -> None:
    text = export({"name": "Up"} | EVERY_KIND[0])

    definition = only_indicator(read(text.replace("query: up{job='a'}", "query: up{job='b'}")))

    assert [rule.selector for rule in definition.series] == ["up{job='b'}"]
    assert (definition.kind, definition.holds_for) == ("availability", 60)


def test_an_edited_query_of_a_quality_is_a_quality(read: Read) -> None:
    text = export({"name": "Right"} | EVERY_KIND[3])

    definition = only_indicator(read(text.replace("or delivered_bad", "or delivered_wrong")))

    assert definition.kind == "quality"
    assert "delivered_wrong" in {rule.selector for rule in definition.series}


@pytest.mark.parametrize("annotation", ["7", "{", "[" * 900, '"text"'])
def test_annotations_that_were_broken_are_refused(annotation: str) -> None:
    documents = list(yaml.safe_load_all(export({"name": "Up"} | EVERY_KIND[0])))
    documents[-1]["metadata"]["annotations"]["rapport/objective"] = annotation

    errors = errors_of(yaml.safe_dump_all(documents))

    assert list(errors) == ["documents.2.metadata.annotations.rapport/objective"]


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["at_least", "at_most", "above", "below"]))
def test_any_threshold_comes_back_the_same(threshold: float, good_when: str) -> None:
    """Without the annotations: from what OpenSLO itself says."""
    gauge = {"name": "Queue", "kind": "gauge", "threshold": threshold, "good_when": good_when}
    definition = NewIndicator.model_validate(gauge | {"series": [{"selector": "queue"}]})
    objective = {"name": "Short"} | EVERY_KIND[0] | {"kind": "gauge"}
    documents = build_documents(terms([objective]), "Web shop", {PROBED: definition})
    for document in documents:
        document["metadata"].pop("annotations", None)

    imported = read_bundle(to_yaml(documents))

    assert list(imported.indicators.values()) == [definition]


VISIBLE = string.ascii_letters + string.digits + string.punctuation + " äß€字😀"
names = st.text(VISIBLE, min_size=1, max_size=60).filter(lambda text: bool(text.strip()))
names |= st.sampled_from(
    ["0E0", "1e5", "007", "12:30", "no", "null", "~", "true", "tRUE", "0x1F", "2026-01-01", "-1", "1_000", ".5"]
)
percents = st.integers(1, 99_999_999).map(lambda number: str(Decimal(number).scaleb(-6)))
windows = st.one_of(
    st.none(),
    st.builds(lambda days: {"rolling_days": days}, st.integers(1, 366)),
    st.sampled_from([{"calendar": f"calendar_{unit}"} for unit in ("month", "quarter", "year")]),
)


@st.composite
def objectives(draw: st.DrawFn) -> dict[str, Any]:
    drawn = dict(draw(st.sampled_from(EVERY_KIND)))
    return drawn | {"name": draw(names), "target": draw(percents), "window": draw(windows)}


@settings(deadline=None, max_examples=60)
@given(
    st.lists(objectives(), min_size=1, max_size=5, unique_by=lambda drawn: drawn["name"].strip().casefold()),
    names,
    names,
)
def test_any_terms_come_back_the_same(promised: list[dict[str, Any]], name: str, service: str) -> None:
    before = terms(promised, name=name)
    documents = build_documents(before, service, INDICATORS)
    assert import_terms(to_yaml(documents), INDICATORS) == before
    for document in yaml.safe_load_all(to_yaml(documents)):
        check_specification(document)
