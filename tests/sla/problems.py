"""How tests read what stands against a request."""

from typing import Any


def problem(answer: Any) -> tuple[int, str]:
    """The status, and the name of the rule."""
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[1]
