"""Assess response, resolution and next answer times: the share of incidents, or of turns in them, in time."""

from typing import Any

from sla.agreements.objectives import IncidentObjective, ObjectiveKind
from sla.compliance.evaluation.assessment import Assessment
from sla.compliance.evaluation.ratios import percent_to_fraction, ratio_or_none
from sla.incidents.clocks.period_counts import IncidentCounts


def assess_incidents(objective: IncidentObjective, counts: IncidentCounts) -> Assessment:
    """Assess the clocks that are decided; those that run and are not late yet count neither way.

    Those that are late count, running or not. Those that began in waived time are counted apart, with the reason.
    """
    details: dict[str, Any] = {"in_time": counts.in_time, "late": counts.late, "running": counts.running}
    waivers = [(row.incident_id, row.waiver) for row in counts.rows if row.waiver is not None]
    if waivers:
        details["waived"] = [
            {"incident_id": str(incident_id), "waiver_id": str(waiver.id), "reason": waiver.reason}
            for incident_id, waiver in waivers
        ]
    return Assessment(
        target=percent_to_fraction(objective.target),
        ratio=ratio_or_none(counts.in_time, counts.decided),
        in_scope=counts.decided,
        bad=counts.late,
        excluded=len(waivers),
        unknown=counts.running,
        measured_share=None,
        unit="turns" if objective.kind is ObjectiveKind.NEXT_ANSWER_TIME else "incidents",
        details=details,
    )
