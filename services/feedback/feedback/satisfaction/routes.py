"""HTTP for scores, and for the closing that completes them."""

from uuid import UUID

from common.errors import NotFound
from common.http.paging import EntityPage, Page, Paging, paginate
from common.http.request_scope import AsManager, AsReader, Router
from common.unit_of_work import UnitOfWork
from feedback.audience.store import load_customer_names
from feedback.satisfaction import actions, store
from feedback.satisfaction.model import Cohort
from feedback.satisfaction.views import CustomerMeasure, SatisfactionView, SurveyMeasure, build_overall_measure
from feedback.surveys.model import Survey
from feedback.surveys.views import SurveyView

router = Router(tags=["satisfaction"])


@router.post("/surveys/{survey_id}/closing")
async def close_survey(work: AsManager, survey_id: UUID) -> SurveyView:
    """Nobody can answer any more. Answers still held back join the scores where there are enough of them."""
    survey = await actions.close_survey(work, survey_id)
    work.set_etag(survey)
    return SurveyView.model_validate(survey)


@router.get("/surveys/{survey_id}/satisfaction")
async def read_satisfaction(work: AsReader, survey_id: UUID, paging: Paging) -> SatisfactionView:
    """Per customer and overall; a customer sees its own score only."""
    survey = await work.get(Survey, survey_id)
    mine = work.select_visible(store.select_cohorts(survey_id), Cohort.customer_id)
    rows = await paginate(work.session, mine, paging, key=Cohort.id)
    if work.principal.customer_id is not None and not rows.items:
        raise NotFound("survey", survey_id)
    return SatisfactionView(
        survey=SurveyView.model_validate(survey),
        overall=None
        if work.principal.customer_id
        else build_overall_measure(survey, await store.load_totals(work.session, survey)),
        customers=await _named(work, survey, rows),
    )


@router.get("/customers/{customer_id}/satisfaction")
async def read_customer_satisfaction(work: AsReader, customer_id: UUID, paging: Paging) -> Page[SurveyMeasure]:
    """The scores of all surveys that people of this customer were invited to."""
    mine = work.select_visible(store.select_cohorts_of_customer(customer_id), Cohort.customer_id)
    rows = await paginate(work.session, mine, paging, key=Cohort.id)
    surveys = await store.load_surveys(work.session, rows.items)
    return rows.to_page(lambda cohort: SurveyMeasure.from_cohort(surveys[cohort.survey_id], cohort))


async def _named(work: UnitOfWork, survey: Survey, rows: EntityPage[Cohort]) -> Page[CustomerMeasure]:
    names = await load_customer_names(work.session, [cohort.customer_id for cohort in rows.items])
    return rows.to_page(lambda cohort: CustomerMeasure.from_cohort(survey, cohort, names.get(cohort.customer_id)))
