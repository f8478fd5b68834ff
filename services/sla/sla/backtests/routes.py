"""HTTP endpoints of back-tests of terms over past periods."""

from typing import Annotated
from uuid import UUID

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsOwner, AsReader, Router
from sla.backtests import actions, store
from sla.backtests.model import Backtest
from sla.backtests.views import BacktestSummary, BacktestView, NewBacktest

router = Router(prefix="/backtests", tags=["back-tests"])
BacktestPaging = Annotated[PageRequest, listing(Backtest.id, sort=(Backtest.made_at,))]


@router.post("", status_code=201, summary="Try terms on the measured past")
async def create_backtest(work: AsOwner, body: NewBacktest) -> BacktestView:
    """Return what each statement would have said, credits included, under a draft or any other terms."""
    return BacktestView.from_entity(await actions.create_backtest(work, body))


@router.get("", summary="List back-tests, oldest first")
async def list_backtests(
    work: AsReader, paging: BacktestPaging, agreement_id: UUID | None = None, terms_sha256: str | None = None
) -> Page[BacktestSummary]:
    """List by agreement, or by the SHA-256 of the terms; a customer sees those that were shared with it."""
    query = store.select_backtests(work, agreement_id, terms_sha256)
    return (await paginate(work.session, query, paging, key=Backtest.id)).to_page(BacktestSummary.model_validate)


@router.get("/{backtest_id}", summary="Read a back-test")
async def read_backtest(work: AsReader, backtest_id: UUID) -> BacktestView:
    return BacktestView.from_entity(await store.get_backtest(work, backtest_id))
