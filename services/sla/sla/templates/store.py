"""Queries on agreement templates."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from common.unit_of_work import UnitOfWork
from sla.templates.model import AgreementTemplate, TemplateState


def select_templates(state: TemplateState | None) -> Select[AgreementTemplate]:
    query = select(AgreementTemplate).options(selectinload(AgreementTemplate.versions))
    return query if state is None else query.where(AgreementTemplate.state == state)


async def get_template(
    work: UnitOfWork, template_id: UUID, *, lock: bool = False, match: int | None = None
) -> AgreementTemplate:
    template = await work.get(AgreementTemplate, template_id, lock=lock, match=match)
    await work.session.refresh(template, ["versions"])
    return template
