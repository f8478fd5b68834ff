"""The job that emits when requirements become answered or open again: by signatures, amendments and the calendar."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from common.jobs.due_rows import batch_job
from common.unit_of_work import UnitOfWork
from published.sla import RequirementAnswer, RequirementAnswered, RequirementReopened
from sla.requirements import store


async def emit_answer_changes(work: UnitOfWork, requirement_ids: Sequence[UUID]) -> None:
    """Emit which of the requirements became answered since the last event on them, and which are open again."""
    changes = await store.lock_requirements_with_changed_answer(work, requirement_ids)
    coverage = await store.load_coverage(work, [requirement for requirement, _ in changes])
    for requirement, answered in changes:
        requirement.answered_as_reported = answered
        if answered:
            answers = [
                RequirementAnswer.model_validate(answer, from_attributes=True)
                for answer in coverage.answers_to(requirement.id)
            ]
            work.emit(RequirementAnswered.from_entity(requirement, answers=answers, answered_at=work.now))
        else:
            work.emit(RequirementReopened.from_entity(requirement, reopened_at=work.now))


ANSWER_JOB = batch_job(
    "requirements-answers",
    timedelta(minutes=1),
    store.list_ids_with_changed_answer,
    emit_answer_changes,
    batch_size=50,
)
