"""Compliance over HTTP."""

from common.door import AsReader, Router
from sla.compliance import actions
from sla.compliance.views import AssessmentAnswer, AssessmentQuestion

router = Router(tags=["compliance"])


@router.post("/assessments")
def assess(work: AsReader, question: AssessmentQuestion) -> AssessmentAnswer:
    """What was attained of one objective over one window, from the slices or downtimes given."""
    del work
    return actions.assess(question)
