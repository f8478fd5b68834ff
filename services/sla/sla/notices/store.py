"""Queries on the notices of an agreement."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, select

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement
from sla.agreements.notice import Notice
from sla.agreements.states import NoticeKind, NoticeState


def select_notices(agreement: Agreement) -> Select[Notice]:
    return select(Notice).where(Notice.agreement_id == agreement.id)


async def get_notice(work: UnitOfWork, agreement: Agreement, notice_id: UUID) -> Notice:
    notice = (await work.session.scalars(select_notices(agreement).where(Notice.id == notice_id))).first()
    if notice is None:
        raise NotFound("notice", notice_id)
    return notice


async def list_agreement_ids_with_pending_renewal(work: UnitOfWork, agreement_ids: Collection[UUID]) -> set[UUID]:
    query = select(Notice.agreement_id).where(Notice.agreement_id.in_(agreement_ids))
    pending = query.where(Notice.kind == NoticeKind.RENEWAL, Notice.state == NoticeState.PENDING)
    return set(await work.session.scalars(pending))
