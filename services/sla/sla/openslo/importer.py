"""Building terms from a bundle: its objectives, and the indicators they need, existing or to be defined."""

from collections.abc import Mapping
from itertools import count
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from common.ids import new_id
from common.names import clean_name
from common.views import LONGEST_NAME
from sla.agreements.objectives import INCIDENT_KINDS, Objective, ObjectiveKind
from sla.indicators.definition import IndicatorKind
from sla.indicators.views import NewIndicator
from sla.openslo.annotations import NOT_READ_OF_INCIDENTS
from sla.openslo.bundle import Bundle
from sla.openslo.kinds import Element, NamedSli, Service, Sli, SliUser, Slo, SloObjective
from sla.openslo.sli_reader import COUNTING_KINDS, OPERATORS, read_sli
from sla.openslo.slo_reader import MEASURED_KINDS, read_slo

_NAMES_IN_OPENSLO = {
    "slice_target": "timeSliceTarget",
    "slice_minutes": "timeSliceWindow",
    "weight": "compositeWeight",
    "limit": "value",
}
"""What the fields of an objective that an SLO gives are called there."""
_OBJECTIVE: TypeAdapter[Objective] = TypeAdapter(Objective)


class BundleImport:
    """Reads terms and indicators from a bundle. Raises BundleNotOpenSlo with everything that is wrong."""

    def __init__(self, bundle: Bundle, existing: Mapping[UUID, NewIndicator]) -> None:
        self.bundle = bundle
        self.existing = existing
        """The indicators in use that the bundle may mean."""
        self.indicators: dict[UUID, NewIndicator] = {}
        """The indicators that are needed; one that does not exist has the id under which it can be defined."""
        self.objectives: list[Objective] = []
        self._slis = bundle.by_name(Sli)
        self._unused_slis = dict(self._slis)
        self.terms = self._read_terms()
        """The terms without objectives."""
        for slo in bundle.by_name(Slo).values():
            self._add_objectives(slo)
        for sli in self._unused_slis.values():
            self._add_unused_sli(sli)
        bundle.raise_errors()

    def _read_terms(self) -> dict[str, Any]:
        """Return the terms that were exported, or else service hours around the clock."""
        services = self.bundle.by_name(Service).values()
        exported = [terms for service in services if (terms := service.metadata.annotations.terms)]
        if len(exported) > 1:
            self.bundle.refuse("documents", "contain the terms of more than one agreement")
        if exported:
            return exported[0]
        windows = [window for slo in self.bundle.by_name(Slo).values() for window in slo.spec.time_window]
        zones = list(dict.fromkeys(window.calendar.time_zone for window in windows if window.calendar))
        timezone = zones[0] if zones else "UTC"
        zone_names = ", ".join(zones) or "no zone"
        message = f"are around the clock in {timezone}: OpenSLO has none, and the calendars name {zone_names}"
        self.bundle.warn("service_hours", message)
        return {"service_hours": {"timezone": timezone, "hours": "24x7"}}

    def _add_objectives(self, slo: Slo) -> None:
        for objective, fields in read_slo(slo, self.bundle):
            user = objective if objective.indicator or objective.indicator_ref else slo.spec
            if bool(user.indicator) == bool(user.indicator_ref):
                message = "is missing: give either indicator or indicatorRef, not both"
                self.bundle.refuse(user.at("indicator"), message)
                continue
            sli = self._unused_slis.pop(user.indicator_ref or "", None) or user.indicator
            sli = sli or self.bundle.by_name(Sli).get(user.indicator_ref or "")
            if fields.get("kind") in INCIDENT_KINDS:
                if sli and not sli.is_as_exported:
                    self.bundle.warn(sli.at("spec"), NOT_READ_OF_INCIDENTS)
                self._add_objective(objective, fields)
                continue
            definition = read_sli(sli, self.bundle) if sli else self._find_definition(user)
            if definition is None:
                continue
            if fields.get("kind") != ObjectiveKind.LATENCY_PERCENTILE:
                definition |= self._read_comparison(objective, definition)
            indicator_id = self._require_indicator(sli or user, definition)
            if indicator_id is not None:
                kind = _objective_kind(self.indicators[indicator_id].kind)
                self._add_objective(objective, {"kind": kind} | fields | {"indicator_id": indicator_id})

    def _add_objective(self, objective: SloObjective, fields: dict[str, Any]) -> None:
        """Add an objective, with a number in its name if another one has the name."""
        names = {added.name.casefold() for added in self.objectives}
        short_name = clean_name(fields["name"], LONGEST_NAME - len(" (200)"))
        numbered = (fields["name"] if number == 1 else f"{short_name} ({number})" for number in count(1))
        name = next(name for name in numbered if name.strip().casefold() not in names)
        try:
            self.objectives.append(_OBJECTIVE.validate_python(fields | {"name": name}))
        except ValidationError as error:
            self.bundle.refuse_invalid(objective.at(""), error, _NAMES_IN_OPENSLO)

    def _find_definition(self, user: SliUser) -> dict[str, Any] | None:
        """Return the definition of the one indicator in use that is referred to by its name."""
        definitions = [definition for definition in self.existing.values() if definition.name == user.indicator_ref]
        if len(definitions) != 1:
            message = "names no SLI of this bundle and no indicator in use: add the SLI"
            if definitions:
                message = f"names no SLI of this bundle, and {len(definitions)} indicators in use: rename all but one"
            self.bundle.refuse(user.at("indicatorRef"), message)
        return definitions[0].model_dump() if definitions else None

    def _read_comparison(self, objective: SloObjective, definition: dict[str, Any]) -> dict[str, Any]:
        """Return which values are good, if it is a threshold metric."""
        is_given = objective.op is not None or objective.value is not None
        if definition.get("kind") in COUNTING_KINDS:
            if is_given:
                message = "is not read, because a ratio counts good events and compares no values"
                self.bundle.warn(objective.at("op"), message)
            return {}
        if objective.op and objective.value is not None:
            return {"good_when": OPERATORS[objective.op], "threshold": float(objective.value)}
        is_complete = definition.get("threshold") is not None or definition.get("kind") == IndicatorKind.HISTOGRAM
        if is_given or not is_complete:
            field = "value" if objective.op else "op"
            self.bundle.refuse(objective.at(field), "is missing: say by op and value which values are good")
        return {}

    def _require_indicator(self, source: Element, fields: dict[str, Any]) -> UUID | None:
        """Return the id of an indicator with this definition: the exported one, another one, or a new one."""
        try:
            definition = NewIndicator.model_validate(fields)
        except ValidationError as error:
            self.bundle.refuse_invalid(source.at("spec"), error)
            return None
        candidates = {**self.existing, **self.indicators}
        matches = [indicator_id for indicator_id, candidate in candidates.items() if candidate == definition]
        if not matches and any(candidate.name == definition.name for candidate in self.existing.values()):
            message = f'differs from the indicator "{definition.name}" in use, so a second one is defined'
            self.bundle.warn(source.at("spec"), message)
        exported_id = source.metadata.annotations.indicator.get("id") if isinstance(source, NamedSli) else None
        indicator_id = min(matches, key=lambda match: str(match) != exported_id, default=None) or new_id()
        self.indicators[indicator_id] = definition
        return indicator_id

    def _add_unused_sli(self, sli: Sli) -> None:
        definition = read_sli(sli, self.bundle)
        if definition.get("kind") in COUNTING_KINDS or definition.get("threshold") is not None:
            self._require_indicator(sli, definition)
        else:
            message = "is left out, because no objective of this bundle says which of its values are good"
            self.bundle.warn(sli.at("spec"), message)


def _objective_kind(kind: IndicatorKind) -> str:
    if kind is IndicatorKind.HISTOGRAM:
        return ObjectiveKind.LATENCY
    return kind if kind in MEASURED_KINDS else ObjectiveKind.RATIO
