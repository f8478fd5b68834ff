"""Creating, changing, publishing and archiving agreement templates."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.templates import store
from sla.templates.model import AgreementTemplate, TemplateState
from sla.templates.open_terms import check_open_terms, open_terms
from sla.templates.views import NewTemplate


async def create(work: UnitOfWork, request: NewTemplate) -> AgreementTemplate:
    template = AgreementTemplate(state=TemplateState.DRAFT, versions=[])
    work.add(template)
    return await _write(work, template, request)


async def replace(work: UnitOfWork, template_id: UUID, match: int, request: NewTemplate) -> AgreementTemplate:
    """Replace a template; other terms are a new version. Agreements keep the terms they were drafted with."""
    return await _write(work, await store.get_template(work, template_id, match=match), request)


async def publish(work: UnitOfWork, template_id: UUID) -> AgreementTemplate:
    template = await store.get_template(work, template_id, lock=True)
    template.check_not_archived()
    return await _enter_state(work, template, TemplateState.PUBLISHED)


async def archive(work: UnitOfWork, template_id: UUID) -> AgreementTemplate:
    return await _enter_state(work, await store.get_template(work, template_id, lock=True), TemplateState.ARCHIVED)


async def _write(work: UnitOfWork, template: AgreementTemplate, request: NewTemplate) -> AgreementTemplate:
    document = open_terms(request.terms)
    check_open_terms(document)
    template.set_terms(document)
    template.name, template.description = request.name, request.description
    return await _save(work, template)


async def _enter_state(work: UnitOfWork, template: AgreementTemplate, state: TemplateState) -> AgreementTemplate:
    template.state = state
    return await _save(work, template)


async def _save(work: UnitOfWork, template: AgreementTemplate) -> AgreementTemplate:
    template.touch(work.now)
    await work.flush()
    work.set_etag(template)
    return template
