"""Counting invitations and answers, and telling what they come to."""

from uuid import UUID

from common.work import Work
from feedback.satisfaction.model import Cohort
from feedback.satisfaction.store import cohort_to_change, cohorts_to_change
from feedback.surveys.model import Release, Survey
from published.feedback import SatisfactionMeasured, SurveyClosed


async def widen(work: Work, survey: Survey, cohort: Cohort, *, invited: int, members: int) -> None:
    """`invited` more people of the cohort's customer, who has `members` people, were invited."""
    cohort.widen(invited, members)
    _tell(work, survey, cohort)


async def count(work: Work, survey: Survey, customer_id: UUID, rating: int) -> int:
    """Count one answer; returns the number of the block it will be released with."""
    cohort = await cohort_to_change(work.session, survey, customer_id)
    block = cohort.blocks
    cohort.count(rating - survey.scale.lowest)
    if survey.release is Release.STEPS:
        cohort.release(survey.smallest_n)
    _tell(work, survey, cohort)
    return block


async def close(work: Work, survey_id: UUID) -> Survey:
    """Nobody can answer any more: what is still held back is released where it is enough."""
    survey = await work.get(Survey, survey_id, lock=True)
    survey.close(work.now)
    for cohort in await cohorts_to_change(work.session, survey.id):
        cohort.release(survey.smallest_n)
        _tell(work, survey, cohort)
    await work.flush()
    work.emit(SurveyClosed(survey_id=survey.id, closed_at=work.now))
    return survey


def _tell(work: Work, survey: Survey, cohort: Cohort) -> None:
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
