"""Importing indicators: by what they count, what is good, and what is known already."""

from decimal import Decimal
from uuid import UUID

import pytest

from sla.indicators.views import NewIndicator
from sla.openslo.importer import ExistingIndicator
from tests.sla.openslo.bundles import SLI, SLO, as_yaml, errors_of, only_objective, threshold, warnings_of, written
from tests.sla.openslo.conftest import Read


@pytest.mark.parametrize(
    ("operator", "good_when"), [("lt", "below"), ("lte", "at_most"), ("gt", "above"), ("gte", "at_least")]
)
def test_the_operator_says_what_is_good(read: Read, operator: str, good_when: str) -> None:
    objectives = [{"op": operator, "value": 2.5, "target": 0.9}]
    imported = read(written(sli=threshold("queue{a='b'}"), objectives=objectives))
    definition = imported.indicators[0].definition
    assert (definition.good_when, definition.threshold, only_objective(imported).kind) == (good_when, 2.5, "gauge")
    assert definition.series[0].selector == "queue{a='b'}"


def test_several_thresholds_of_one_sli_are_several_indicators(read: Read) -> None:
    objectives = [
        {"displayName": "fast", "op": "lt", "value": 1, "targetPercent": 90},
        {"displayName": "bearable", "op": "lt", "value": 5, "targetPercent": 99.9},
        {"displayName": "bearable at night", "op": "lt", "value": 5, "targetPercent": 99},
    ]
    imported = read(written(sli=threshold("queue"), objectives=objectives))
    assert [objective.name for objective in imported.objectives] == [
        "orders: fast",
        "orders: bearable",
        "orders: bearable at night",
    ]
    assert [objective.target for objective in imported.objectives] == [Decimal(90), Decimal("99.9"), Decimal(99)]
    assert [required.definition.threshold for required in imported.indicators] == [1, 5]


@pytest.mark.parametrize(
    ("query", "selectors"),
    [
        ("sum(rate(orders_total[5m]))", ["orders_total"]),
        ('increase(orders_total{path=~"/a or /b"}[1h])', ['orders_total{path=~"/a or /b"}']),
        ("a_total or b_total", ["a_total", "b_total"]),
    ],
)
def test_what_counts_series_is_bound_to_them(read: Read, query: str, selectors: list[str]) -> None:
    ratio = SLI["spec"]["ratioMetric"] | {"good": {"metricSource": {"type": "prometheus", "spec": {"query": query}}}}
    imported = read(written(sli={"ratioMetric": ratio}))
    assert [rule.selector for rule in imported.indicators[0].definition.series if rule.part == "good"] == selectors


@pytest.mark.parametrize(
    "query", ["a_total / b_total", 'a_total{b="c', "sum by (x) (a_total)", "", "a_total offset 1h"]
)
def test_a_query_that_is_no_selector_binds_nothing(read: Read, query: str) -> None:
    ratio = SLI["spec"]["ratioMetric"] | {"good": {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}}
    imported = read(written(sli={"ratioMetric": ratio}))
    assert imported.indicators[0].definition.series == []
    assert "more than a selector" in warnings_of(imported)["documents.1.spec.ratioMetric.good.metricSource.spec.query"]


def test_the_type_of_a_source_may_stand_in_its_data_source(read: Read) -> None:
    source = {"metricSource": {"metricSourceRef": "prom", "spec": {"query": "orders_total"}}}
    ratio = {"counter": False, "bad": source, "total": source}
    text = written(sli={"ratioMetric": ratio})
    data = {"apiVersion": "openslo/v1", "kind": "DataSource", "metadata": {"name": "prom"}}
    imported = read(text + "---\n" + as_yaml(data | {"spec": {"type": "Prometheus"}}))
    definition = imported.indicators[0].definition
    assert [rule.part for rule in definition.series] == ["bad", "total"]
    assert definition.counters == "delta"
    imported = read(text)
    assert "is no DataSource" in warnings_of(imported)["documents.1.spec.ratioMetric.bad.metricSource.metricSourceRef"]


def test_an_indicator_in_use_is_referred_to_by_its_name(read: Read) -> None:
    definition = NewIndicator.model_validate({"name": "orders", "kind": "latency", "threshold": 0.5})
    known = ExistingIndicator(UUID(int=7), definition)
    imported = read(as_yaml(SLO), known=[known])
    assert only_objective(imported).indicator_id == known.id
    assert only_objective(imported).kind == "latency"
    twice = read(as_yaml(SLO), known=[known, ExistingIndicator(UUID(int=8), definition)])
    assert "the name of 2 indicators" in errors_of(twice)["documents.0.spec.indicatorRef"]
    assert "of no indicators" in errors_of(read(as_yaml(SLO)))["documents.0.spec.indicatorRef"]


def test_the_same_definition_is_not_made_twice(read: Read) -> None:
    definition = read(written()).indicators[0].definition
    imported = read(written(), known=[ExistingIndicator(UUID(int=7), definition)])
    assert (imported.indicators[0].exists, imported.indicators[0].id) == (True, UUID(int=7))


def test_another_indicator_of_the_same_name_is_warned_of(read: Read) -> None:
    known = ExistingIndicator(UUID(int=7), NewIndicator.model_validate({"name": "orders", "kind": "availability"}))
    imported = read(written(), known=[known])
    assert not imported.indicators[0].exists
    assert "a second one is defined" in warnings_of(imported)["documents.1.spec"]


def test_slis_alone_are_indicators_if_they_say_what_is_good(read: Read) -> None:
    gauge = SLI | {"metadata": {"name": "queue"}, "spec": threshold("queue_length")}
    imported = read(as_yaml(SLI, gauge))
    assert imported.is_ready
    assert [required.definition.name for required in imported.indicators] == ["orders"]
    assert "which of its values are good" in warnings_of(imported)["documents.1.spec"]
