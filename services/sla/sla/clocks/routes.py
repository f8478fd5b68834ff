"""Clocks over HTTP: stateless, for whoever wants to know when something is due."""

from common.door import AsReader, Router
from sla.clocks import actions
from sla.clocks.views import ClockAnswer, ClockQuestion

router = Router(prefix="/clock", tags=["clocks"])


@router.post("")
def read_clock(work: AsReader, question: ClockQuestion) -> ClockAnswer:
    """When it is due, how much time has counted, whether it is breached, and where every second went."""
    return actions.read(question, work.now)
