"""Clocks over HTTP: stateless, for whoever wants to know when something is due."""

from common.http.request_scope import AsReader, Router
from sla.clocks import actions
from sla.clocks.views import ClockQuery, ClockReadingView

router = Router(prefix="/clock", tags=["clocks"])


@router.post("")
def read_clock(work: AsReader, question: ClockQuery) -> ClockReadingView:
    """When it is due, how much time has counted, whether it is breached, and where every second went."""
    return actions.answer_clock_query(question, work.now)
