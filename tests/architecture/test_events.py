"""Events only grow: what was published once keeps its meaning for whoever reads it."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from published.event import Event
from rapport.reference import build_pages, published_events
from tests.architecture.schema_growth import list_breaking_changes

Descendants = Callable[[type], Iterator[type[Event]]]


@pytest.fixture(scope="module")
def generated() -> dict[Path, str]:
    return dict(build_pages())


def released(root: Path, path: Path) -> str | None:
    """The file as the last release had it, or as it is committed while there is no release."""

    def git(*words: str) -> str | None:
        answer = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
        return answer.stdout if answer.returncode == 0 else None

    release = git("describe", "--tags", "--abbrev=0") or "HEAD"
    return git("show", f"{release.strip()}:{path}")


def test_what_other_teams_read_is_up_to_date(root: Path, generated: dict[Path, str]) -> None:
    stale = [
        str(path) for path, text in generated.items() if not (root / path).exists() or (root / path).read_text() != text
    ]
    assert not stale, "run `make docs`"


def test_there_is_no_schema_of_an_event_that_is_gone(root: Path, generated: dict[Path, str]) -> None:
    snapshots = {path.relative_to(root) for path in (root / "libs/published/schemas").glob("*.json")}
    assert not snapshots - set(generated)


def test_no_event_takes_back_what_it_promised(root: Path, generated: dict[Path, str]) -> None:
    broken = {
        path.stem: problems
        for path, text in generated.items()
        if path.suffix == ".json" and (before := released(root, path))
        if (problems := list_breaking_changes(json.loads(before), json.loads(text)))
    }
    assert not broken


def test_every_event_is_published_and_says_whose_aggregate_it_tells_of(descendants: Descendants) -> None:
    kinds = {kind for kind in descendants(Event) if kind.__module__.startswith("published.")}
    assert kinds == set(published_events().values())
    for kind in kinds:
        assert kind.__module__.split(".")[:2] == ["published", kind.service]
        assert kind.aggregate in kind.model_fields


def test_events_are_named_in_the_past_tense() -> None:
    """By their last word; what is no regular past tense is named here."""
    irregular = ("Burning", "Due", "DueSoon", "Given", "Left", "Silent", "Withdrawn")
    names = [kind.__name__ for kind in published_events().values()]
    assert not [name for name in names if not name.endswith(("ed", *irregular))]


class Small(BaseModel):
    name: str
    size: int | None


class Grown(Small):
    colour: str | None = None


class Demanding(Small):
    colour: str


class Shrunk(BaseModel):
    name: str


class Retyped(Small):
    name: int  # type: ignore[assignment] - that is the point


class Certain(Small):
    size: int


class Nest(BaseModel):
    parts: tuple[Small, ...]
    best: Small | None


class BarerNest(Nest):
    parts: tuple[Shrunk, ...]  # type: ignore[assignment] - that is the point


def schema(kind: type[BaseModel]) -> dict[str, Any]:
    return kind.model_json_schema(mode="serialization")


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        (Small, Small, []),
        (Small, Grown, []),
        (Small, Demanding, ["colour is newly required"]),
        (Small, Shrunk, ["size was removed"]),
        (Small, Retyped, ["name was retyped"]),
        (Small, Certain, ["size was retyped"]),
        (Grown, Demanding, ["colour is newly required", "colour was retyped"]),
        (Nest, Nest, []),
        (Nest, BarerNest, ["parts[].size was removed"]),
    ],
)
def test_the_check_sees_what_readers_would_miss(
    before: type[BaseModel], after: type[BaseModel], broken: list[str]
) -> None:
    assert sorted(list_breaking_changes(schema(before), schema(after))) == broken
