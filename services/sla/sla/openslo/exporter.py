"""Terms as an OpenSLO bundle: a Service, an SLI for each indicator and an SLO for each objective."""

# Every objective becomes an SLO that other tools can read. Where OpenSLO cannot express it, the SLO comes as close as
# it can and the annotations hold the rest, so that an import of the bundle gives the same terms again.

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import yaml

from sla.agreements.objectives import (
    BudgetingMethod,
    IncidentObjective,
    MeasuredObjective,
    Objective,
    PercentileObjective,
    VolumeObjective,
)
from sla.agreements.terms import Terms
from sla.indicators.definition import SeriesPart, Temporality
from sla.indicators.views import NewIndicator
from sla.openslo.annotations import INDICATOR_KEY, OBJECTIVE_KEY, TERMS_KEY, build_annotations
from sla.openslo.bundle import API_VERSION
from sla.openslo.slis import COUNTING_KINDS, OPERATORS, RAPPORT_SOURCE
from sla.openslo.windows import format_time_window
from sla.openslo.yaml_loader import is_text_unquoted

_UNFIT = re.compile(r"[^a-z0-9]+")
_NEAREST_TO_ALL = Decimal("0.999999")
"""Targets in OpenSLO are below one."""
_BUDGETING = {
    BudgetingMethod.OCCURRENCES: "Occurrences",
    BudgetingMethod.TIMESLICES: "Timeslices",
    BudgetingMethod.RATIO_TIMESLICES: "RatioTimeslices",
    BudgetingMethod.TIME: "Timeslices",
}
Document = dict[str, Any]


def build_documents(terms: Terms, service_name: str, indicators: Mapping[UUID, NewIndicator]) -> list[Document]:
    """Build the OpenSLO documents of terms, whose indicators are given by id."""
    names = _Names()
    service = names.add(service_name)
    rest = {key: value for key, value in terms.to_document().items() if key != "objectives"}
    documents = [_document("Service", service, service_name, {}, build_annotations(TERMS_KEY, rest, {}))]
    slis: dict[UUID, str] = {}
    for indicator_id in sorted(terms.indicator_ids):
        slis[indicator_id] = names.add(indicators[indicator_id].name)
        documents.append(_sli(slis[indicator_id], indicator_id, indicators[indicator_id]))
    for objective in terms.objectives:
        definition: NewIndicator | None = None
        if isinstance(objective, IncidentObjective):
            sli = names.add(f"{objective.name} incidents")
            documents.append(_document("SLI", sli, f"{objective.name}, incidents", _incidents(objective), {}))
        else:
            sli, definition = slis[objective.indicator_id], indicators[objective.indicator_id]
        spec = {"service": service, "indicatorRef": sli} | _slo(objective, terms, definition)
        annotations = build_annotations(OBJECTIVE_KEY, objective.model_dump(mode="json", exclude={"name"}), spec)
        documents.append(_document("SLO", names.add(objective.name), objective.name, spec, annotations))
    return documents


def to_yaml(documents: list[Document]) -> str:
    return str(yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))


class _Dumper(yaml.SafeDumper):
    def exact(self, value: Decimal) -> yaml.ScalarNode:
        text = f"{value.normalize():f}"
        return self.represent_scalar("tag:yaml.org,2002:float", text if "." in text else f"{text}.0")

    def text(self, value: str) -> yaml.ScalarNode:
        """Quote text that a reader of YAML 1.1 or 1.2 could take for a number."""
        style = None if is_text_unquoted(value) else "'"
        return self.represent_scalar("tag:yaml.org,2002:str", value, style)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - repeated values are written out
        return True


_Dumper.add_representer(Decimal, _Dumper.exact)
_Dumper.add_representer(str, _Dumper.text)


class _Names:
    """Unique names in the form of RFC 1123."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def add(self, text: str) -> str:
        plain = _UNFIT.sub("-", text.lower()).strip("-")[:50].strip("-") or "unnamed"
        numbered = (plain if number == 1 else f"{plain}-{number}" for number in range(1, 1000))
        name = next(name for name in numbered if name not in self.used)
        self.used.add(name)
        return name


def _document(kind: str, name: str, display_name: str, spec: Document, annotations: dict[str, str]) -> Document:
    metadata: Document = {"name": name, "displayName": display_name}
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _sli(name: str, indicator_id: UUID, definition: NewIndicator) -> Document:
    spec: Document = {"description": definition.description[:1050]} if definition.description else {}
    if definition.kind in COUNTING_KINDS:
        spec["ratioMetric"] = _ratio(indicator_id, definition)
    else:
        spec["thresholdMetric"] = _source(definition, indicator_id, SeriesPart.VALUE)
    content = {"id": str(indicator_id)} | definition.model_dump(mode="json")
    return _document("SLI", name, definition.name, spec, build_annotations(INDICATOR_KEY, content, spec))


def _ratio(indicator_id: UUID, definition: NewIndicator) -> Document:
    """Return all events and the good or the bad ones, as OpenSLO requires; of a volume all events are good."""
    parts = {rule.part for rule in definition.series} or {SeriesPart.GOOD, SeriesPart.TOTAL}
    everything = (SeriesPart.TOTAL,) if SeriesPart.TOTAL in parts else (SeriesPart.GOOD, SeriesPart.BAD)
    part = SeriesPart.BAD if SeriesPart.BAD in parts and SeriesPart.GOOD not in parts else SeriesPart.GOOD
    return {
        "counter": definition.counters is Temporality.CUMULATIVE,
        part.value: _source(definition, indicator_id, *((part,) if part in parts else everything)),
        "total": _source(definition, indicator_id, *everything),
    }


def _source(definition: NewIndicator, indicator_id: UUID, *parts: SeriesPart) -> Document:
    selectors = [rule.selector for rule in definition.series if rule.part in parts]
    if selectors:
        return {"metricSource": {"type": "Prometheus", "spec": {"query": " or ".join(selectors)}}}
    spec = {"indicator": str(indicator_id), "part": parts[0].value}
    return {"metricSource": {"type": RAPPORT_SOURCE, "spec": spec}}


def _incidents(objective: IncidentObjective) -> Document:
    total = f"incidents of the priorities {', '.join(map(str, objective.priorities))}"
    within = objective.model_dump(mode="json")["within"]
    good = f"{total} with a {objective.kind.replace('_', ' ')} of at most {within}"
    parts = {"good": good, "total": total}
    return {
        "ratioMetric": {"counter": False}
        | {part: {"metricSource": {"type": RAPPORT_SOURCE, "spec": {"counts": text}}} for part, text in parts.items()}
    }


def _slo(objective: Objective, terms: Terms, definition: NewIndicator | None) -> Document:
    method, slices = _budgeting(objective)
    target = {"target": min(Decimal(objective.target) / 100, _NEAREST_TO_ALL)}
    zone = terms.service_hours.timezone
    return {
        "timeWindow": [format_time_window(objective.window, terms.review_period, terms.starts_on, zone)],
        "budgetingMethod": method,
        "objectives": [_comparison(objective, definition) | target | slices],
    }


def _comparison(objective: Objective, definition: NewIndicator | None) -> Document:
    if isinstance(objective, PercentileObjective):
        return {"op": "lte", "value": objective.limit}
    if definition is None or definition.threshold is None or definition.kind in COUNTING_KINDS:
        return {}
    operator = next(name for name, when in OPERATORS.items() if when is definition.good_when)
    return {"op": operator, "value": Decimal(repr(definition.threshold))}


def _budgeting(objective: Objective) -> tuple[str, Document]:
    """Return the budgeting method and its slices."""
    if isinstance(objective, VolumeObjective) and objective.per != "period":
        return "Timeslices", {
            "timeSliceTarget": Decimal(1),
            "timeSliceWindow": {"hour": "1h", "day": "1d"}[objective.per],
        }
    if not isinstance(objective, MeasuredObjective) or objective.method is BudgetingMethod.OCCURRENCES:
        return "Occurrences", {}
    slices: Document = {"timeSliceWindow": f"{objective.slice_minutes}m"}
    if objective.method is not BudgetingMethod.RATIO_TIMESLICES:
        slices = {"timeSliceTarget": Decimal(objective.slice_target or 100) / 100} | slices
    return _BUDGETING[objective.method], slices
