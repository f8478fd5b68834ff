"""What the load driver did and which answers it got: the only record of the run that no fault can touch."""

import json
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Journal:
    """Operations by kind and outcome; what was acknowledged of customers, people and samples."""

    file: Path
    outcomes: Counter[str] = field(default_factory=Counter)
    """`register ok`, `register unknown`, … once per operation."""
    attempts: Counter[str] = field(default_factory=Counter)
    """HTTP statuses, and kinds of lost connections, once per request."""
    bad_answers: list[str] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)
    """Customer id: its names in the order in which they were acknowledged."""
    unknown_names: set[str] = field(default_factory=set)
    """Of customers whose registration was given up without an answer."""
    offerings: dict[str, list[str]] = field(default_factory=dict)
    """Published offering: its name."""
    people: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    answered: list[tuple[float, float]] = field(default_factory=list)
    """When a request was begun and when it succeeded, monotonic."""

    def note(self, action: str, outcome: str, **facts: Any) -> None:
        self.outcomes[f"{action} {outcome}"] += 1
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"at": time.time(), "what": action, "outcome": outcome} | facts, default=str) + "\n")

    def first_success_after(self, moment: float) -> float | None:
        """Seconds until a request that was begun after `moment` succeeded."""
        ends = [end for begin, end in self.answered if begin >= moment]
        return min(ends) - moment if ends else None
