"""What a bench found: ours and the limit, round by round, and the aim it is held against."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Aim:
    """`Aim("ratio", ">=", 1)` or `Aim("ours", "<=", 10)`."""

    of: Literal["ratio", "ours"]
    sign: Literal["<=", ">="]
    value: float

    def __str__(self) -> str:
        return f"{self.of} {'≥' if self.sign == '>=' else '≤'} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """`ours[i]` and `limit[i]` were measured one right after the other; the ratio is ours / limit."""

    bench: str
    name: str
    unit: str
    better: Literal["more", "less"]
    ours: Sequence[float]
    limit: Sequence[float]
    limit_name: str
    aim: Aim | None = None

    @property
    def ratios(self) -> list[float]:
        return [measured / limit for measured, limit in zip(self.ours, self.limit, strict=True)]

    @property
    def met(self) -> bool | None:
        if self.aim is None:
            return None
        middle = median(self.ratios if self.aim.of == "ratio" else self.ours)
        return middle >= self.aim.value if self.aim.sign == ">=" else middle <= self.aim.value

    def document(self) -> dict[str, Any]:
        spreads = {"ours": spread(self.ours), "limit": spread(self.limit), "ratio": spread(self.ratios)}
        return asdict(self) | spreads | {"rounds": len(self.ours), "aim": str(self.aim or ""), "met": self.met}


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": median(values), "min": min(values), "max": max(values)}
