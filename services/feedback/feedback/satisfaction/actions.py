"""Commands: count invitations and answers, close surveys, and publish the scores."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from feedback.satisfaction.model import Cohort
from feedback.satisfaction.store import lock_cohorts, lock_or_create_cohort
from feedback.surveys.model import ReleasePolicy, Survey
from published.feedback import SatisfactionMeasured, SurveyClosed


async def add_invitations(work: UnitOfWork, survey: Survey, cohort: Cohort, *, invited: int, members: int) -> None:
    """Count `invited` more invitations of the cohort's customer, who has `members` people."""
    cohort.add_invitations(invited, members)
    _emit_score(work, survey, cohort)


async def add_answer(work: UnitOfWork, survey: Survey, customer_id: UUID, rating: int) -> int:
    """Count one answer, and return the number of the block that will release it."""
    cohort = await lock_or_create_cohort(work.session, survey, customer_id)
    block = cohort.blocks
    cohort.add_answer(rating - survey.scale.lowest)
    if survey.release is ReleasePolicy.STEPS:
        cohort.release_block(survey.smallest_n)
    _emit_score(work, survey, cohort)
    return block


async def close_survey(work: UnitOfWork, survey_id: UUID) -> Survey:
    """Close the survey and release the answers that are still held back where there are enough of them."""
    survey = await work.get(Survey, survey_id, lock=True)
    survey.close(work.now)
    for cohort in await lock_cohorts(work.session, survey.id):
        cohort.release_block(survey.smallest_n)
        _emit_score(work, survey, cohort)
    await work.flush()
    work.emit(SurveyClosed(survey_id=survey.id, closed_at=work.now))
    return survey


def _emit_score(work: UnitOfWork, survey: Survey, cohort: Cohort) -> None:
    cohort.revision += 1
    share = cohort.score(survey)
    work.emit(
        SatisfactionMeasured.from_entity(
            cohort,
            survey,
            survey_name=survey.name,
            opened_at=survey.opened_at or work.now,
            score=share and share.score,
            low=share and share.low,
            high=share and share.high,
            measured_at=work.now,
        )
    )
