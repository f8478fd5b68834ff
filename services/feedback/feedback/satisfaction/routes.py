"""HTTP routes of scores, and of closing a survey, which completes them."""

from uuid import UUID

from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsManager, AsReader, Router
from feedback.audience.model import CustomerReplica
from feedback.satisfaction import actions, store
from feedback.satisfaction.model import Cohort
from feedback.satisfaction.views import CustomerMeasure, SatisfactionView, SurveyMeasure, build_overall_measure
from feedback.surveys.views import SurveyView

router = Router(tags=["satisfaction"])


@router.post("/surveys/{survey_id}/closing", summary="Close a survey")
async def close_survey(work: AsManager, survey_id: UUID) -> SurveyView:
    """Answers that are still held back join the scores where there are enough of them."""
    survey = await actions.close_survey(work, survey_id)
    work.set_etag(survey)
    return SurveyView.from_survey(work, survey)


@router.get("/surveys/{survey_id}/satisfaction", summary="Read the scores of a survey")
async def read_survey_satisfaction(work: AsReader, survey_id: UUID, paging: Paging) -> SatisfactionView:
    """Scores come per customer and overall; a customer sees only its own."""
    survey = await store.get_survey(work, survey_id)
    query = work.select_visible(store.select_cohorts(survey_id), Cohort.customer_id)
    rows = await paginate(work.session, query, paging, key=Cohort.id)
    return SatisfactionView(
        survey=SurveyView.from_survey(work, survey),
        overall=None
        if work.principal.customer_id
        else build_overall_measure(survey, await store.load_totals(work.session, survey)),
        customers=rows.to_page(lambda cohort: CustomerMeasure.from_cohort(survey, cohort)),
    )


@router.get("/customers/{customer_id}/satisfaction", summary="List the scores of a customer")
async def read_customer_satisfaction(work: AsReader, customer_id: UUID, paging: Paging) -> Page[SurveyMeasure]:
    """The list covers all surveys that people of this customer were invited to."""
    await work.get(CustomerReplica, customer_id)
    rows = await paginate(work.session, store.select_cohorts_of_customer(customer_id), paging, key=Cohort.id)
    surveys = await store.load_surveys(work.session, rows.items)
    return rows.to_page(lambda cohort: SurveyMeasure.from_cohort(work, surveys[cohort.survey_id], cohort))
