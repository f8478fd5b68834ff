"""What terms may say, and that a document of them says the same for ever."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from common.canonical_json import hash_canonical_json
from sla.agreements.terms import Terms

Written = Callable[..., dict[str, Any]]


def objective(written: Written, **changes: Any) -> list[dict[str, Any]]:
    first, second = written()["objectives"]
    return [first | changes, second]


def test_a_document_is_read_back_as_the_same_terms(terms: Callable[..., Terms]) -> None:
    agreed = terms()
    assert Terms.model_validate(agreed.to_document()) == agreed
    assert hash_canonical_json(Terms.model_validate(agreed.to_document()).to_document()) == hash_canonical_json(
        agreed.to_document()
    )


def test_the_document_of_given_terms_is_written_the_same_for_ever(terms: Callable[..., Terms]) -> None:
    """Of terms that draw no ids; whoever changes how terms are written changes this, and says so to those who sign."""
    assert (
        hash_canonical_json(terms().to_document()) == "2e6b12c1d964f195bd1c6d03dd2e8927fe192a1f65200e1b628f695222a3ffd7"
    )


def test_the_fingerprint_does_not_depend_on_the_order_of_fields(terms: Callable[..., Terms]) -> None:
    document = terms().to_document()
    assert hash_canonical_json(dict(reversed(document.items()))) == hash_canonical_json(document)


def test_the_fingerprint_changes_with_the_smallest_change(terms: Callable[..., Terms]) -> None:
    assert hash_canonical_json(terms(name="Web shop, Gold").to_document()) != hash_canonical_json(terms().to_document())


def test_percentages_keep_the_digits_they_were_written_with(written: Written) -> None:
    agreed = Terms.model_validate(written(objectives=objective(written, target=99.95)))
    assert agreed.to_document()["objectives"][0]["target"] == "99.95"


def test_an_objective_without_id_is_given_one(written: Written) -> None:
    first, second = written()["objectives"]
    del first["id"]
    agreed = Terms.model_validate(written(objectives=[first, second]))
    assert agreed.objectives[0].id != agreed.objectives[1].id


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"objectives": []}, ("objectives",)),
        ({"starts_on": "2026-02-30"}, ("starts_on",)),
        ({"starts_on": "0001-01-01"}, ("starts_on",)),
        ({"ends_on": "9999-12-31"}, ("ends_on",)),
        ({"review_period": "fortnight"}, ("review_period",)),
        ({"service_hours": {"timezone": "Mars/Olympus", "hours": "24x7"}}, ("service_hours", "timezone")),
        ({"monthly_charge": {"amount": "-1", "currency": "EUR"}}, ("monthly_charge", "amount")),
        ({"monthly_charge": {"amount": "1", "currency": "euro"}}, ("monthly_charge", "currency")),
        ({"credits": {"ladder": []}}, ("credits", "ladder")),
        ({"closure_calendars": ["0190a000-0000-7000-8000-000000000001"] * 2}, ("closure_calendars",)),
        ({"penalty": 1}, ("penalty",)),
        ({"name": " "}, ("name",)),
        ({"name": "a\x00b"}, ("name",)),
    ],
)
def test_nonsense_is_refused_by_the_name_of_its_field(
    written: Written, changes: dict[str, Any], place: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationError) as refusal:
        Terms.model_validate(written(**changes))
    assert [error["loc"] for error in refusal.value.errors()] == [place]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target", "0"),
        ("target", "100.01"),
        ("target", "NaN"),
        ("target", True),
        ("target", "1e-30"),
        ("weight", "0"),
        ("weight", "Infinity"),
        ("coverage_floor", "-1"),
        ("missing", None),
        ("method", "guess"),
        ("indicator_id", "web-shop"),
    ],
)
def test_an_objective_is_refused_by_the_name_of_its_field(written: Written, field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        Terms.model_validate(written(objectives=objective(written, **{field: value})))
    assert [error["loc"] for error in refusal.value.errors()] == [("objectives", 0, "availability", field)]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"ends_on": "2026-01-14"}, "ends_on is before starts_on"),
        ({"monthly_charge": None}, "monthly_charge, which is missing"),
        (
            {"credits": {"ladder": [{"below": "99", "percent": "5"}, {"below": "99.5", "percent": "10"}]}},
            "lower threshold",
        ),
        (
            {"credits": {"ladder": [{"below": "99.5", "percent": "10"}, {"below": "99", "percent": "5"}]}},
            "higher credit",
        ),
    ],
)
def test_terms_that_contradict_themselves_are_refused(written: Written, changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        Terms.model_validate(written(**changes))


def test_slices_have_a_target_and_nothing_else_does(written: Written) -> None:
    with pytest.raises(ValidationError, match="slice_target"):
        Terms.model_validate(written(objectives=objective(written, method="timeslices")))
    with pytest.raises(ValidationError, match="slice_target"):
        Terms.model_validate(written(objectives=objective(written, slice_target="99")))


def test_objectives_are_told_apart_by_id_and_by_name(written: Written) -> None:
    first, second = written()["objectives"]
    for twin in (second | {"id": first["id"]}, second | {"name": "AVAILABILITY"}):
        with pytest.raises(ValidationError, match="different"):
            Terms.model_validate(written(objectives=[first, twin]))
