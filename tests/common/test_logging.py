"""What the log says of an error, and what it does not."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import structlog
from common import logging

def failing(token: str) -> None:
    raise ValueError("The door is shut.")

logging.configure(sys.argv[1], "INFO")
try:
    failing("entrusted")
except ValueError:
    structlog.get_logger().exception("request_failed")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_does_not_show_what_variables_hold(form: str) -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM, form], capture_output=True, text=True, check=True)
    assert "The door is shut." in ran.stderr
    assert "request_failed" in ran.stderr
    assert "entrusted" not in ran.stderr
