"""The notices of an agreement."""

from uuid import UUID

from sqlalchemy import Select, select

from common.errors import NotFound
from common.work import Work
from sla.agreements.model import Agreement, Notice
from sla.agreements.notices import NoticeKind, NoticeState


def notices(agreement: Agreement) -> Select[Notice]:
    return select(Notice).where(Notice.agreement_id == agreement.id)


async def notice(work: Work, agreement: Agreement, notice_id: UUID) -> Notice:
    found = (await work.session.scalars(notices(agreement).where(Notice.id == notice_id))).first()
    if found is None:
        raise NotFound("notice", notice_id)
    return found


async def renewal_pending(work: Work, agreement: Agreement) -> bool:
    query = notices(agreement).where(Notice.kind == NoticeKind.RENEWAL, Notice.state == NoticeState.PENDING)
    return (await work.session.scalars(query)).first() is not None
