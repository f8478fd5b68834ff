"""HTTP: read a stateless clock."""

from common.http.request_scope import AsReader, Router
from sla.clock_calculator.actions import answer_clock_query
from sla.clock_calculator.views import ClockQuery, ClockReadingView

router = Router(prefix="/clock", tags=["clocks"])


@router.post("", summary="Compute when something is due")
def compute_clock(work: AsReader, query: ClockQuery) -> ClockReadingView:
    """The answer also says how much time has counted, whether it is breached, and where every second went."""
    return answer_clock_query(query, work.now)
