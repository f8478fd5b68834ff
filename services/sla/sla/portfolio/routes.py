"""HTTP: the list of agreements and the single agreement, with what a page shows beside them."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from common.http.conventions.includes import includes
from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsReader, Router
from sla.agreements import store
from sla.agreements.model import Agreement
from sla.portfolio.actions import add_parts
from sla.portfolio.views import AgreementPage, AgreementPart, ListedAgreement

router = Router(prefix="/agreements", tags=["agreements"])
Include = Annotated[frozenset[AgreementPart], includes(AgreementPart)]
AgreementPaging = Annotated[
    PageRequest,
    listing(
        Agreement.id,
        changed=Agreement.modified_at,
        sort=(Agreement.name, Agreement.starts_on),
        search=(Agreement.name,),
    ),
]


@router.get("", summary="List agreements, oldest first")
async def list_agreements(
    work: AsReader, paging: AgreementPaging, include: Include, filters: Annotated[store.AgreementFilter, Depends()]
) -> Page[ListedAgreement]:
    """A customer sees its own agreements, once they were proposed to it.

    `closure_calendar_id` selects the agreements whose terms name this closure calendar,
    `template_id` those that were drafted from this template.
    """
    page = await paginate(work.session, store.select_agreements(work, filters), paging, key=Agreement.id)
    listed = page.to_page(ListedAgreement.model_validate)
    await add_parts(work, listed.items, include)
    return listed


@router.get("/{agreement_id}", summary="Read an agreement")
async def read_agreement(work: AsReader, agreement_id: UUID, include: Include) -> AgreementPage:
    agreement = await store.get_agreement(work, agreement_id)
    work.set_etag(agreement)
    page = AgreementPage.from_version(await store.get_version(work, agreement.id))
    await add_parts(work, [page], include)
    return page
