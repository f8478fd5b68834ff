"""Terms as an OpenSLO bundle: a Service, an SLI for each indicator and an SLO for each objective."""

# Every objective becomes an SLO that another tool can read; where OpenSLO has no words for it, the SLO says the nearest
# it can, and the annotations say the rest, so that an import of the bundle gives the same terms again.

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
"""OpenSLO's targets lie below one."""
_BUDGETING = {
    BudgetingMethod.OCCURRENCES: "Occurrences",
    BudgetingMethod.TIMESLICES: "Timeslices",
    BudgetingMethod.RATIO_TIMESLICES: "RatioTimeslices",
    BudgetingMethod.TIME: "Timeslices",
}
Document = dict[str, Any]


def build_documents(terms: Terms, service_name: str, indicators: Mapping[UUID, NewIndicator]) -> list[Document]:
    """`indicators`: all of the terms, by id."""
    names = _Names()
    service = names.of(service_name)
    rest = {key: value for key, value in terms.to_document().items() if key != "objectives"}
    documents = [_document("Service", service, service_name, {}, build_annotations(TERMS_KEY, rest, {}))]
    slis: dict[UUID, str] = {}
    for indicator_id in sorted(terms.indicator_ids):
        definition = indicators[indicator_id]
        slis[indicator_id] = names.of(definition.name)
        documents.append(_sli(slis[indicator_id], indicator_id, definition))
    for objective in terms.objectives:
        judged: NewIndicator | None = None
        if isinstance(objective, IncidentObjective):
            sli = names.of(f"{objective.name} incidents")
            documents.append(_document("SLI", sli, f"{objective.name}, incidents", _incidents(objective), {}))
        else:
            sli, judged = slis[objective.indicator_id], indicators[objective.indicator_id]
        spec = {"service": service, "indicatorRef": sli} | _slo(objective, terms, judged)
        said = build_annotations(OBJECTIVE_KEY, objective.model_dump(mode="json", exclude={"name"}), spec)
        documents.append(_document("SLO", names.of(objective.name), objective.name, spec, said))
    return documents


def to_yaml(documents: list[Document]) -> str:
    return str(yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))


class _Dumper(yaml.SafeDumper):
    def exact(self, value: Decimal) -> yaml.ScalarNode:
        text = f"{value.normalize():f}"
        return self.represent_scalar("tag:yaml.org,2002:float", text if "." in text else f"{text}.0")

    def text(self, value: str) -> yaml.ScalarNode:
        """Quoted where another reader would take it for a number: YAML 1.1 and 1.2 differ in what they do."""
        style = None if is_text_unquoted(value) else "'"
        return self.represent_scalar("tag:yaml.org,2002:str", value, style)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - what is said twice is written twice
        return True


_Dumper.add_representer(Decimal, _Dumper.exact)
_Dumper.add_representer(str, _Dumper.text)


class _Names:
    """Names as RFC 1123 wants them, each given once."""

    def __init__(self) -> None:
        self.given: set[str] = set()

    def of(self, text: str) -> str:
        plain = _UNFIT.sub("-", text.lower()).strip("-")[:50].strip("-") or "unnamed"
        name = next(
            one for number in range(1, 1000) if (one := plain if number == 1 else f"{plain}-{number}") not in self.given
        )
        self.given.add(name)
        return name


def _document(kind: str, name: str, shown: str, spec: Document, said: dict[str, str]) -> Document:
    metadata: Document = {"name": name, "displayName": shown}
    if said:
        metadata["annotations"] = said
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _sli(name: str, indicator_id: UUID, definition: NewIndicator) -> Document:
    spec: Document = {"description": definition.description[:1050]} if definition.description else {}
    if definition.kind in COUNTING_KINDS:
        spec["ratioMetric"] = _ratio(indicator_id, definition)
    else:
        spec["thresholdMetric"] = _source(definition, indicator_id, SeriesPart.VALUE)
    said = {"id": str(indicator_id)} | definition.model_dump(mode="json")
    return _document("SLI", name, definition.name, spec, build_annotations(INDICATOR_KEY, said, spec))


def _ratio(indicator_id: UUID, definition: NewIndicator) -> Document:
    """OpenSLO wants all events and either the good or the bad ones; of a volume all events are good."""
    counted = {rule.part for rule in definition.series} or {SeriesPart.GOOD, SeriesPart.TOTAL}
    everything = (SeriesPart.TOTAL,) if SeriesPart.TOTAL in counted else (SeriesPart.GOOD, SeriesPart.BAD)
    part = SeriesPart.BAD if SeriesPart.BAD in counted and SeriesPart.GOOD not in counted else SeriesPart.GOOD
    return {
        "counter": definition.counters is Temporality.CUMULATIVE,
        part.value: _source(definition, indicator_id, *((part,) if part in counted else everything)),
        "total": _source(definition, indicator_id, *everything),
    }


def _source(definition: NewIndicator, indicator_id: UUID, *parts: SeriesPart) -> Document:
    selectors = [rule.selector for rule in definition.series if rule.part in parts]
    if selectors:
        return {"metricSource": {"type": "Prometheus", "spec": {"query": " or ".join(selectors)}}}
    spec = {"indicator": str(indicator_id), "part": parts[0].value}
    return {"metricSource": {"type": RAPPORT_SOURCE, "spec": spec}}


def _incidents(objective: IncidentObjective) -> Document:
    counted = f"incidents of the priorities {', '.join(map(str, objective.priorities))}"
    within = objective.model_dump(mode="json")["within"]
    good = f"{counted} with a {objective.kind.replace('_', ' ')} of {within} at the most"
    parts = {"good": good, "total": counted}
    return {
        "ratioMetric": {"counter": False}
        | {part: {"metricSource": {"type": RAPPORT_SOURCE, "spec": {"counts": text}}} for part, text in parts.items()}
    }


def _slo(objective: Objective, terms: Terms, definition: NewIndicator | None) -> Document:
    method, slices = _counted(objective)
    target = {"target": min(Decimal(objective.target) / 100, _NEAREST_TO_ALL)}
    zone = terms.service_hours.timezone
    return {
        "timeWindow": [format_time_window(objective.window, terms.review_period, terms.starts_on, zone)],
        "budgetingMethod": method,
        "objectives": [_compared(objective, definition) | target | slices],
    }


def _compared(objective: Objective, definition: NewIndicator | None) -> Document:
    if isinstance(objective, PercentileObjective):
        return {"op": "lte", "value": objective.limit}
    if definition is None or definition.threshold is None or definition.kind in COUNTING_KINDS:
        return {}
    operator = next(name for name, when in OPERATORS.items() if when is definition.good_when)
    return {"op": operator, "value": Decimal(repr(definition.threshold))}


def _counted(objective: Objective) -> tuple[str, Document]:
    """The budgeting method, and its slices."""
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
