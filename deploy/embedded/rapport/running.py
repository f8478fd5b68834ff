"""Runs the stack from the command line."""

from rapport.home import Home, Ready
from rapport.options import Options
from rapport.words import say


def run(options: Options, ready: Ready) -> None:
    """Block until Rapport was stopped."""
    Home(options.data).refuse_company()
    say("Starting PostgreSQL, the broker and five services")
    # Importing these takes a second or two: the person should not wonder meanwhile.
    import uvloop  # noqa: PLC0415

    from rapport.stack import Stack  # noqa: PLC0415

    uvloop.run(Stack(options, say, ready).run())
    say("Stopped")
