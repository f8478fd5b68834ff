"""Counting invitations and answers, and telling what they come to."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from feedback.satisfaction.model import Cohort
from feedback.satisfaction.store import lock_cohorts, lock_or_create_cohort
from feedback.surveys.model import ReleasePolicy, Survey
from published.feedback import SatisfactionMeasured, SurveyClosed


async def add_invitations(work: UnitOfWork, survey: Survey, cohort: Cohort, *, invited: int, members: int) -> None:
    """`invited` more people of the cohort's customer, who has `members` people, were invited."""
    cohort.add_invitations(invited, members)
    _tell(work, survey, cohort)


async def add_answer(work: UnitOfWork, survey: Survey, customer_id: UUID, rating: int) -> int:
    """Count one answer; returns the number of the block it will be released with."""
    cohort = await lock_or_create_cohort(work.session, survey, customer_id)
    block = cohort.blocks
    cohort.add_answer(rating - survey.scale.lowest)
    if survey.release is ReleasePolicy.STEPS:
        cohort.release_block(survey.smallest_n)
    _tell(work, survey, cohort)
    return block


async def close_survey(work: UnitOfWork, survey_id: UUID) -> Survey:
    """Nobody can answer any more: what is still held back is released where it is enough."""
    survey = await work.get(Survey, survey_id, lock=True)
    survey.close(work.now)
    for cohort in await lock_cohorts(work.session, survey.id):
        cohort.release_block(survey.smallest_n)
        _tell(work, survey, cohort)
    await work.flush()
    work.emit(SurveyClosed(survey_id=survey.id, closed_at=work.now))
    return survey


def _tell(work: UnitOfWork, survey: Survey, cohort: Cohort) -> None:
    cohort.revision += 1
    found = cohort.score(survey.scale)
    work.emit(
        SatisfactionMeasured(
            survey_id=survey.id,
            customer_id=cohort.customer_id,
            survey_name=survey.name,
            instrument=survey.instrument,
            scoring=survey.scoring,
            revision=cohort.revision,
            opened_at=survey.opened_at or work.now,
            invited=cohort.invited,
            answered=cohort.answered,
            population=cohort.population,
            smallest_n=survey.smallest_n,
            n=cohort.n,
            score=found.score if found else None,
            low=found.low if found else None,
            high=found.high if found else None,
            measured_at=work.now,
        )
    )
