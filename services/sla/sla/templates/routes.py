"""The HTTP interface of agreement templates. Customers do not see them: what is offered to them are agreements."""

from typing import Annotated
from uuid import UUID

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsManager, AsStaff, IfMatch, Router
from sla.templates import actions, store
from sla.templates.model import AgreementTemplate, TemplateState
from sla.templates.views import NewTemplate, TemplateSummary, TemplateVersionView

router = Router(prefix="/agreement-templates", tags=["agreement templates"])
TemplatePaging = Annotated[
    PageRequest,
    listing(
        AgreementTemplate.id,
        changed=AgreementTemplate.modified_at,
        sort=(AgreementTemplate.name,),
        search=(AgreementTemplate.name,),
    ),
]


@router.post("", status_code=201, summary="Create an agreement template")
async def create_agreement_template(work: AsManager, body: NewTemplate) -> TemplateSummary:
    """The answer lists what is to be filled in. Agreements can be drafted from it once it is published."""
    return TemplateSummary.from_template(await actions.create(work, body))


@router.get("", summary="List agreement templates, oldest first")
async def list_agreement_templates(
    work: AsStaff, paging: TemplatePaging, state: TemplateState | None = None
) -> Page[TemplateSummary]:
    """Use `GET /agreements?template_id=` for the agreements drafted from a template."""
    page = await paginate(work.session, store.select_templates(state), paging, key=AgreementTemplate.id)
    return page.to_page(TemplateSummary.from_template)


@router.get("/{template_id}", summary="Read an agreement template")
async def read_agreement_template(work: AsStaff, template_id: UUID) -> TemplateSummary:
    template = await store.get_template(work, template_id)
    work.set_etag(template)
    return TemplateSummary.from_template(template)


@router.get("/{template_id}/versions", summary="List the versions of an agreement template")
async def list_agreement_template_versions(work: AsStaff, template_id: UUID) -> list[TemplateVersionView]:
    """The oldest version comes first. Agreements remember the version they were drafted from."""
    template = await store.get_template(work, template_id)
    return [TemplateVersionView.model_validate(version) for version in template.versions]


@router.put("/{template_id}", summary="Replace an agreement template")
async def replace_agreement_template(
    work: AsManager, template_id: UUID, match: IfMatch, body: NewTemplate
) -> TemplateSummary:
    """Other terms are a new version, from which later agreements are drafted; earlier ones stay as they are."""
    return TemplateSummary.from_template(await actions.replace(work, template_id, match, body))


@router.post("/{template_id}/publication", status_code=201, summary="Publish an agreement template")
async def publish_agreement_template(work: AsManager, template_id: UUID) -> TemplateSummary:
    return TemplateSummary.from_template(await actions.publish(work, template_id))


@router.post("/{template_id}/archival", status_code=201, summary="Archive an agreement template")
async def archive_agreement_template(work: AsManager, template_id: UUID) -> TemplateSummary:
    """No agreement is drafted from it any more. Agreements that were drafted from it stay as they are."""
    return TemplateSummary.from_template(await actions.archive(work, template_id))
