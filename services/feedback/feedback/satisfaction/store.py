"""Queries of cohorts and their sums."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.errors import NotFound
from common.ids import new_id
from common.unit_of_work import UnitOfWork
from feedback.satisfaction.model import Cohort, CohortTotals
from feedback.surveys.model import Survey


def select_cohorts(survey_id: UUID) -> Select[Cohort]:
    return select(Cohort).where(Cohort.survey_id == survey_id)


def select_cohorts_of_customer(customer_id: UUID) -> Select[Cohort]:
    return select(Cohort).where(Cohort.customer_id == customer_id)


async def get_survey(work: UnitOfWork, survey_id: UUID) -> Survey:
    """Get the survey; a customer gets those that its people were invited to."""
    survey = await work.get(Survey, survey_id)
    cohorts = work.select_visible(select_cohorts(survey_id), Cohort.customer_id)
    if work.principal.is_bound and (await work.session.scalars(cohorts)).first() is None:
        raise NotFound("survey", survey_id)
    return survey


async def load_surveys(session: AsyncSession, cohorts: Sequence[Cohort]) -> Mapping[UUID, Survey]:
    query = select(Survey).where(Survey.id.in_([cohort.survey_id for cohort in cohorts]))
    return {survey.id: survey for survey in await session.scalars(query)}


async def lock_or_create_cohort(session: AsyncSession, survey: Survey, customer_id: UUID) -> Cohort:
    """Lock the cohort, which is created empty if there is none."""
    no_counts = [0] * len(survey.scale.labels)
    empty = {
        "id": new_id(),
        "survey_id": survey.id,
        "customer_id": customer_id,
        "held_counts": no_counts,
        "released_counts": no_counts,
        **dict.fromkeys(("invited", "population", "blocks", "revision"), 0),
    }
    await session.execute(insert(Cohort).values(empty).on_conflict_do_nothing())
    query = select_cohorts(survey.id).where(Cohort.customer_id == customer_id)
    return (await session.scalars(query.with_for_update().execution_options(populate_existing=True))).one()


async def lock_cohorts(session: AsyncSession, survey_id: UUID) -> list[Cohort]:
    """Lock all cohorts of the survey."""
    query = select_cohorts(survey_id).order_by(Cohort.id).with_for_update()
    return list(await session.scalars(query.execution_options(populate_existing=True)))


async def load_totals(session: AsyncSession, survey: Survey) -> CohortTotals:
    ratings = range(1, len(survey.scale.labels) + 1)
    sums = [func.coalesce(func.sum(column), 0) for column in (Cohort.invited, Cohort.population)]
    for counts in (Cohort.held_counts, Cohort.released_counts):
        sums += [func.coalesce(func.sum(counts[rating]), 0) for rating in ratings]
    invited, population, *counts_by_rating = (
        await session.execute(select(*sums).where(Cohort.survey_id == survey.id))
    ).one()
    return CohortTotals(invited, population, counts_by_rating[: len(ratings)], counts_by_rating[len(ratings) :])
