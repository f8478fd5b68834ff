"""The notices of an agreement."""

from uuid import UUID

from sqlalchemy import Select, select

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement, Notice
from sla.agreements.suspensions import NoticeKind, NoticeState


def select_notices(agreement: Agreement) -> Select[Notice]:
    return select(Notice).where(Notice.agreement_id == agreement.id)


async def get_notice(work: UnitOfWork, agreement: Agreement, notice_id: UUID) -> Notice:
    found = (await work.session.scalars(select_notices(agreement).where(Notice.id == notice_id))).first()
    if found is None:
        raise NotFound("notice", notice_id)
    return found


async def has_pending_renewal(work: UnitOfWork, agreement: Agreement) -> bool:
    query = select_notices(agreement).where(Notice.kind == NoticeKind.RENEWAL, Notice.state == NoticeState.PENDING)
    return (await work.session.scalars(query)).first() is not None
