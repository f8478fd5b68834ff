"""Views and events are built from entities field by field, and a PATCH sets exactly what was sent."""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

import pytest
from pydantic import MISSING, Field, ValidationError

from common.canonical_json import hash_canonical_json, to_canonical_json
from common.ids import new_id
from common.views import Change, Name, View
from published.event import Event
from tests.common.conftest import Note


class BoatSold(Event, service="harbour", aggregate="boat_id"):
    boat_id: UUID
    name: str
    price: int
    remark: str = "none"


@dataclass
class Boat:
    id: UUID = field(default_factory=new_id)
    name: str = "Selma"
    length: int = 12


@dataclass
class Offer:
    price: int


class EngineView(View):
    power: int


@dataclass
class Engine:
    power: int


class BoatView(View):
    id: UUID
    name: str
    sold_to: Annotated[str | None, Field(alias="soldTo")] = None
    engine: EngineView


class BoatChange(Change):
    name: Name | MISSING = MISSING
    length: int | MISSING | None = MISSING


def test_an_event_takes_its_fields_from_what_is_given_and_from_the_sources_in_order() -> None:
    boat = Boat()

    event = BoatSold.from_entity(boat, Offer(900), name="Selma II")

    assert event == BoatSold(boat_id=boat.id, name="Selma II", price=900)


def test_an_event_without_a_source_for_a_field_cannot_be_built() -> None:
    with pytest.raises(ValidationError, match="price"):
        BoatSold.from_entity(Boat())


def test_a_view_takes_fields_by_their_names_and_nested_views_from_entities() -> None:
    boat = Boat()

    view = BoatView.from_entity(boat, sold_to="Ada", engine=Engine(40))

    assert view.model_dump(by_alias=True) == {
        "id": boat.id,
        "name": "Selma",
        "soldTo": "Ada",
        "engine": {"power": 40},
    }


def test_a_change_sets_what_was_sent_and_nothing_else() -> None:
    boat = Boat()

    BoatChange.model_validate({"length": None}).apply_to(boat)
    BoatChange.model_validate({"name": "Nora", "length": 9}).apply_to(boat, besides={"length"})

    assert (boat.name, boat.length) == ("Nora", None)


def test_an_entity_is_called_by_the_words_of_its_class() -> None:
    assert Note.noun == "note"


def test_canonical_json_sorts_keys_and_has_one_hash() -> None:
    assert to_canonical_json({"b": 1, "a": "ü"}) == '{"a":"ü","b":1}'.encode()
    assert hash_canonical_json({"b": 1, "a": 2}) == hash_canonical_json({"a": 2, "b": 1})
