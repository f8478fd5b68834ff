"""What the log says of an error, and what it does not."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from common.logging import SENT_IN_THE_CLEAR

PROGRAM = """
import asyncio
import logging as stdlib
import sys
import threading
import warnings

import structlog

from common import logging

def fail(token: str) -> None:
    raise ValueError("The door is shut for Marlene Marker.")

async def forget() -> None:
    asyncio.create_task(forgotten())
    await asyncio.sleep(0)

async def forgotten() -> None:
    fail("entrusted")

class Unlucky:
    def __del__(self) -> None:
        fail("entrusted")

logging.configure(sys.argv[1], "INFO")
try:
    fail("entrusted")
except ValueError as error:
    structlog.get_logger().exception("request_failed")
    structlog.get_logger().warning("value_given", reason=error)
    stdlib.getLogger("library").exception("It failed: %s", error)
    stdlib.getLogger("library").error("Startup failed\\nValueError: Marlene Marker")
asyncio.run(forget())
Unlucky()
thread = threading.Thread(target=fail, args=["entrusted"])
thread.start()
thread.join()
warnings.warn("A value is unexpected: Marlene Marker", stacklevel=1)
fail("entrusted")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_log_shows_the_message_of_an_error_or_what_variables_hold(form: str) -> None:
    process = subprocess.run([sys.executable, "-c", PROGRAM, form], capture_output=True, text=True, check=False)

    assert process.returncode == 1
    for event in ("request_failed", "value_given", "It failed: ValueError", "Startup failed", "process_failed"):
        assert event in process.stderr
    for event in ("Task exception was never retrieved", "error_ignored", "thread_failed", "python_warning"):
        assert event in process.stderr
    assert "Marker" not in process.stderr
    assert "entrusted" not in process.stderr


def test_a_log_says_which_error_it_was_and_where() -> None:
    process = subprocess.run([sys.executable, "-c", PROGRAM, "json"], capture_output=True, text=True, check=False)
    first = json.loads(process.stderr.splitlines()[0])

    assert first["exception"] == "ValueError\n  __main__:28 <module>\n  __main__:13 fail"


def test_what_a_setting_asks_for_is_warned_of_once() -> None:
    """The library would warn at every connection, for as long as a service runs."""
    program = """
from aiokafka.conn import log as kafka
from common.logging import SENT_IN_THE_CLEAR, configure

configure("json", "INFO")
for _ in range(3):
    kafka.warning(SENT_IN_THE_CLEAR)
"""
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    aiokafka = find_spec("aiokafka.conn")
    assert aiokafka is not None
    assert aiokafka.origin is not None

    assert [json.loads(line)["event"] for line in process.stderr.splitlines()] == [SENT_IN_THE_CLEAR]
    assert f'log.warning("{SENT_IN_THE_CLEAR}")' in Path(aiokafka.origin).read_text(encoding="utf-8")
