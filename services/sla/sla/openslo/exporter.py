"""Terms as an OpenSLO bundle: a Service, an SLI for each indicator and an SLO for each objective."""

# Every objective becomes an SLO that other tools can read. Where OpenSLO cannot express it, the SLO comes as close as
# it can and the annotations hold the rest, so that an import of the bundle gives the same terms again.

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import yaml

from common.views import read_stored
from sla.agreements.objectives import (
    BudgetingMethod,
    IncidentObjective,
    MeasuredObjective,
    Objective,
    ObjectiveKind,
    PercentileObjective,
    VolumeObjective,
)
from sla.agreements.terms import Terms
from sla.indicators.definition import IndicatorKind, SeriesPart, Temporality
from sla.indicators.views import NewIndicator
from sla.openslo.annotations import INDICATOR_KEY, OBJECTIVE_KEY, TERMS_KEY, build_annotations
from sla.openslo.kinds import API_VERSION
from sla.openslo.sli_reader import COUNTING_KINDS, OPERATORS, RAPPORT_SOURCE
from sla.openslo.slo_reader import BUDGETING_METHODS
from sla.openslo.time_windows import format_time_window
from sla.openslo.yaml_loader import resolve_numbers_and_booleans

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_MAX_TARGET = 0.999999
"""Targets in OpenSLO are below one."""
_METHODS = {BudgetingMethod.TIME: "Timeslices"} | {method: name for name, method in BUDGETING_METHODS.items()}
Document = dict[str, Any]


def build_documents(terms: Terms, service_name: str, indicators: Mapping[UUID, NewIndicator]) -> list[Document]:
    """Build the OpenSLO documents of terms. Of an indicator that is not given, only its id and role are told."""
    names: set[str] = set()
    service = _add_name(names, service_name)
    rest = {key: value for key, value in terms.to_document().items() if key != "objectives"}
    documents = [_document("Service", service, service_name, {}, {TERMS_KEY: rest})]
    slis: dict[UUID, str] = {}
    definitions = _stand_ins(terms) | dict(indicators)
    for indicator_id in sorted(terms.indicator_ids):
        definition = definitions[indicator_id]
        slis[indicator_id] = _add_name(names, definition.name)
        spec = _sli_spec(indicator_id, definition)
        content = {"id": str(indicator_id)} | definition.model_dump(mode="json") if indicator_id in indicators else {}
        documents.append(_document("SLI", slis[indicator_id], definition.name, spec, {INDICATOR_KEY: content}))
    for objective in terms.objectives:
        if isinstance(objective, IncidentObjective):
            sli = _add_name(names, f"{objective.name} incidents")
            spec = _incident_spec(objective)
            documents.append(_document("SLI", sli, f"{objective.name}, incidents", spec, {INDICATOR_KEY: {}}))
            spec = _slo_spec(objective, terms, {})
        else:
            sli, definition = slis[objective.indicator_id], definitions[objective.indicator_id]
            spec = _slo_spec(objective, terms, _comparison(objective, definition))
        spec = {"service": service, "indicatorRef": sli} | spec
        content = objective.model_dump(mode="json", exclude={"name"})
        name = _add_name(names, objective.name)
        documents.append(_document("SLO", name, objective.name, spec, {OBJECTIVE_KEY: content}))
    return documents


def _stand_ins(terms: Terms) -> dict[UUID, NewIndicator]:
    """Return for each indicator a definition that says no more than the objective does."""
    measured = [objective for objective in terms.objectives if not isinstance(objective, IncidentObjective)]
    kinds = {PercentileObjective: IndicatorKind.HISTOGRAM, VolumeObjective: IndicatorKind.VOLUME}
    return {
        objective.indicator_id: read_stored(
            NewIndicator, {"name": objective.name, "kind": kinds.get(type(objective), IndicatorKind.RATIO)}
        )
        for objective in measured
    }


def to_yaml(documents: list[Document]) -> str:
    return str(yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))


class _Dumper(yaml.SafeDumper):
    """Quotes text that a reader of YAML 1.1 or 1.2 could take for a number or a boolean."""


resolve_numbers_and_booleans(_Dumper)


def _add_name(names: set[str], text: str) -> str:
    """Add a new name in the form of RFC 1123, made of the text."""
    plain = _NOT_IN_NAMES.sub("-", text.lower()).strip("-")[:50].strip("-") or "unnamed"
    numbered = (plain if number == 1 else f"{plain}-{number}" for number in range(1, 1000))
    name = next(name for name in numbered if name not in names)
    names.add(name)
    return name


def _document(kind: str, name: str, display_name: str, spec: Document, annotated: Document) -> Document:
    metadata = {"name": name, "displayName": display_name, "annotations": build_annotations(annotated, spec)}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _sli_spec(indicator_id: UUID, definition: NewIndicator) -> Document:
    spec: Document = {"description": definition.description[:1050]} if definition.description else {}
    if definition.kind in COUNTING_KINDS:
        return spec | {"ratioMetric": _ratio_metric(indicator_id, definition)}
    return spec | {"thresholdMetric": _metric(definition, indicator_id, SeriesPart.VALUE)}


def _ratio_metric(indicator_id: UUID, definition: NewIndicator) -> Document:
    """Return all events and the good or the bad ones, as OpenSLO requires; of a volume all events are good."""
    parts = {rule.part for rule in definition.series} or {SeriesPart.GOOD, SeriesPart.TOTAL}
    everything = (SeriesPart.TOTAL,) if SeriesPart.TOTAL in parts else (SeriesPart.GOOD, SeriesPart.BAD)
    part = SeriesPart.BAD if SeriesPart.BAD in parts and SeriesPart.GOOD not in parts else SeriesPart.GOOD
    return {
        "counter": definition.counters is Temporality.CUMULATIVE,
        part.value: _metric(definition, indicator_id, *((part,) if part in parts else everything)),
        "total": _metric(definition, indicator_id, *everything),
    }


def _metric(definition: NewIndicator, indicator_id: UUID, *parts: SeriesPart) -> Document:
    selectors = [rule.selector for rule in definition.series if rule.part in parts]
    if selectors:
        return _metric_of("Prometheus", {"query": " or ".join(selectors)})
    return _metric_of(RAPPORT_SOURCE, {"indicator": str(indicator_id), "part": parts[0].value})


def _metric_of(source_type: str, spec: Document) -> Document:
    return {"metricSource": {"type": source_type, "spec": spec}}


def _incident_spec(objective: IncidentObjective) -> Document:
    """Say in words what is counted, because OpenSLO has no incidents."""
    unit = "turns in incidents" if objective.kind is ObjectiveKind.NEXT_ANSWER_TIME else "incidents"
    total = f"{unit} of the priorities {', '.join(map(str, objective.priorities))}"
    good = f"{total} with a {objective.kind.replace('_', ' ')} of at most {objective.allowed}"
    metrics = {name: _metric_of(RAPPORT_SOURCE, {"counts": text}) for name, text in (("good", good), ("total", total))}
    return {"ratioMetric": {"counter": False} | metrics}


def _slo_spec(objective: Objective, terms: Terms, comparison: Document) -> Document:
    method, slices = _budgeting(objective)
    target = {"target": min(float(objective.target / 100), _MAX_TARGET)}
    zone = terms.service_hours.timezone
    return {
        "timeWindow": [format_time_window(objective.window, terms.review_period, terms.starts_on, zone)],
        "budgetingMethod": method,
        "objectives": [comparison | target | slices],
    }


def _comparison(objective: Objective, definition: NewIndicator) -> Document:
    if isinstance(objective, PercentileObjective):
        return {"op": "lte", "value": float(objective.limit)}
    if definition.threshold is None or definition.kind in COUNTING_KINDS:
        return {}
    operator = next(name for name, when in OPERATORS.items() if when is definition.good_when)
    return {"op": operator, "value": definition.threshold}


def _budgeting(objective: Objective) -> tuple[str, Document]:
    """Return the budgeting method and its slices."""
    if isinstance(objective, VolumeObjective) and objective.per != "period":
        return "Timeslices", {"timeSliceTarget": 1.0, "timeSliceWindow": f"1{objective.per[0]}"}
    if not isinstance(objective, MeasuredObjective) or objective.method is BudgetingMethod.OCCURRENCES:
        return "Occurrences", {}
    slices: Document = {"timeSliceWindow": f"{objective.slice_minutes}m"}
    if objective.method is not BudgetingMethod.RATIO_TIMESLICES:
        slices["timeSliceTarget"] = float(objective.slice_target or 100) / 100
    return _METHODS[objective.method], slices
