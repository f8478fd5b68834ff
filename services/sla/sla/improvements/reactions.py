"""Reactions to measured satisfaction: points to measure improvements by, and proposals for low scores."""

from common.events.entity_replicas import upsert_replicas
from common.unit_of_work import UnitOfWork
from published.feedback import SatisfactionMeasured
from sla.improvements import store
from sla.improvements.actions import add_proposal
from sla.improvements.model import ImprovementSource, SatisfactionReplica, SourceKind
from sla.improvements.settings import ImprovementSettings


async def record_satisfaction(work: UnitOfWork, event: SatisfactionMeasured) -> None:
    await upsert_replicas(work, SatisfactionReplica, [event], newest=SatisfactionReplica.revision)
    low = work.service_settings.of(ImprovementSettings).low_score
    if event.score is None or event.score >= low:
        return
    key = f"survey:{event.customer_id}:{event.survey_id}:{event.instrument}"
    if await store.lock_survey_if_new(work, key):
        title = f"{event.survey_name}: a score of {event.score:f} %"
        description = f"The score of {event.n} answers is below {low:f} %."
        trouble = {"from": event.opened_at.isoformat(), "to": event.measured_at.isoformat()}
        source = ImprovementSource(
            kind=SourceKind.SURVEY, key=key, subject=event.survey_id, customer_id=event.customer_id, triggers=[trouble]
        )
        await add_proposal(work, title[:200], description, [source])
