"""Runs the stack from the command line."""

from rapport.console import print_progress
from rapport.data_dir import DataDirectory, OnReady
from rapport.embedded.options import StackOptions


def run_stack(options: StackOptions, ready: OnReady) -> None:
    """Run the stack until it is stopped."""
    DataDirectory(options.data).check_not_running()
    print_progress("Starting PostgreSQL, the broker and five services")
    # Importing these takes a second or two: the person should not wonder meanwhile.
    import uvloop  # noqa: PLC0415

    from rapport.embedded.stack import Stack  # noqa: PLC0415

    uvloop.run(Stack(options, print_progress, ready).run())
    print_progress("Stopped")
