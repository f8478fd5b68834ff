"""The fixtures of the portfolio: measured minutes and breaches, as the tests of the rooms below have them."""

from tests.sla.compliance.conftest import json_of, measure, minutes_from, statements
from tests.sla.improvements.conftest import improvements
from tests.sla.issues.conftest import breach

__all__ = ["breach", "improvements", "json_of", "measure", "minutes_from", "statements"]
