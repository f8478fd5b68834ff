"""The processes under another one, while they come and go."""

from collections.abc import Iterable
from contextlib import suppress
from signal import Signals

import psutil


def descendants(pid: int, name: str) -> list[psutil.Process]:
    """Those under `pid` whose name starts so, oldest first; any of them may end at any moment."""
    processes = []
    with suppress(psutil.NoSuchProcess):
        for process in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if process.name().startswith(name):
                    processes.append((process.create_time(), process.pid, process))
    return [process for *_, process in sorted(processes, key=lambda entry: entry[:2])]


def signal_all(processes: Iterable[psutil.Process], number: Signals) -> None:
    """Send it to all that are still there."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
