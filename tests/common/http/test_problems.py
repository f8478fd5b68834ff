"""Fields are named as the sender wrote them, whatever the models behind them are made of."""

from typing import Annotated, Any, Literal

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from common.http.problems import to_response


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: Annotated[float, Field(gt=0)]


class Square(BaseModel):
    kind: Literal["square"]
    sides: tuple[Annotated[float, Field(gt=0)], ...]


class Drawing(BaseModel):
    shapes: list[Annotated[Circle | Square, Field(discriminator="kind")]]
    margin: int | Literal["auto"] = 0
    weights: dict[Literal["thin", "thick"], int] = {}
    layers: Annotated[tuple[int, ...], Field(min_length=2)] = (1, 2)


def fields(body: Any) -> list[str]:
    """As the door names them of a body that is refused."""
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter(Drawing).validate_python(body)
    errors = [error | {"loc": ("body", *error["loc"])} for error in refusal.value.errors()]
    answer = to_response("drawings", RequestValidationError(errors, body=body))
    fields: list[dict[str, str]] = TypeAdapter(dict[str, Any]).validate_json(bytes(answer.body))["errors"]
    return [field["field"] for field in fields]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"shapes": [{"kind": "circle", "radius": 0}]}, ["shapes.0.radius"]),
        ({"shapes": [{"kind": "circle"}]}, ["shapes.0.radius"]),
        ({"shapes": [{"kind": "circle", "radius": 1}, {"kind": "square", "sides": [1, 0]}]}, ["shapes.1.sides.1"]),
        ({"shapes": [{"kind": "star"}]}, ["shapes.0"]),
        ({"shapes": [{"kind": "circle", "radius": 1, "circle": 0}, {}]}, ["shapes.1"]),
        ({"shapes": [], "margin": "wide"}, ["margin", "margin"]),
        ({"shapes": [], "weights": {"fat": 1}}, ["weights.fat"]),
        ({"shapes": [], "layers": ["x", 1]}, ["layers.0"]),
        ({"shapes": [], "layers": [1]}, ["layers"]),
        ({}, ["shapes"]),
        ([], ["body"]),
        ("circle", ["body"]),
    ],
)
def test_a_field_has_the_name_it_was_sent_with(body: Any, names: list[str]) -> None:
    assert fields(body) == names


def test_what_is_no_body_keeps_its_name() -> None:
    error = {"type": "missing", "loc": ("query", "on"), "msg": "Field required"}
    answer = to_response("drawings", RequestValidationError([error], body=None))
    assert b'"field":"on"' in bytes(answer.body)
