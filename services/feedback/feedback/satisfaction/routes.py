"""HTTP for scores, and for the closing that completes them."""

from uuid import UUID

from common.door import AsManager, AsReader, Router
from common.errors import NotFound
from common.paging import Page, Paging, Rows, paginate
from common.work import Work
from feedback.audience.store import names_of
from feedback.satisfaction import actions, store
from feedback.satisfaction.model import Cohort
from feedback.satisfaction.views import CustomerMeasure, SatisfactionView, SurveyMeasure, overall
from feedback.surveys.model import Survey
from feedback.surveys.views import SurveyView

router = Router(tags=["satisfaction"])


@router.post("/surveys/{survey_id}/closing")
async def close_survey(work: AsManager, survey_id: UUID) -> SurveyView:
    """Nobody can answer any more. Answers still held back join the scores where there are enough of them."""
    survey = await actions.close(work, survey_id)
    work.tag(survey)
    return SurveyView.model_validate(survey)


@router.get("/surveys/{survey_id}/satisfaction")
async def read_satisfaction(work: AsReader, survey_id: UUID, paging: Paging) -> SatisfactionView:
    """Per customer and overall; a customer sees its own score only."""
    survey = await work.get(Survey, survey_id)
    mine = work.visible(store.cohorts_of(survey_id), Cohort.customer_id)
    rows = await paginate(work.session, mine, paging, key=Cohort.id)
    if work.principal.customer_id is not None and not rows.items:
        raise NotFound("survey", survey_id)
    return SatisfactionView(
        survey=SurveyView.model_validate(survey),
        overall=None if work.principal.customer_id else overall(survey, await store.totals(work.session, survey)),
        customers=await _named(work, survey, rows),
    )


@router.get("/customers/{customer_id}/satisfaction")
async def read_customer_satisfaction(work: AsReader, customer_id: UUID, paging: Paging) -> Page[SurveyMeasure]:
    """The scores of all surveys that people of this customer were invited to."""
    mine = work.visible(store.cohorts_among(customer_id), Cohort.customer_id)
    rows = await paginate(work.session, mine, paging, key=Cohort.id)
    surveys = await store.surveys_of(work.session, rows.items)
    return rows.map(lambda cohort: SurveyMeasure.of(surveys[cohort.survey_id], cohort))


async def _named(work: Work, survey: Survey, rows: Rows[Cohort]) -> Page[CustomerMeasure]:
    names = await names_of(work.session, [cohort.customer_id for cohort in rows.items])
    return rows.map(lambda cohort: CustomerMeasure.of(survey, cohort, names.get(cohort.customer_id)))
