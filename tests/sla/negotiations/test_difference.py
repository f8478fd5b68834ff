"""The difference between two proposals, as both sides read it."""

from collections.abc import Callable
from typing import Any

from sla.agreements.terms import Terms
from sla.negotiations.terms_changes import compute_terms_changes

Drawn = Callable[..., Terms]
Written = Callable[..., dict[str, Any]]


def test_the_same_terms_differ_in_nothing(terms: Drawn) -> None:
    assert compute_terms_changes(terms().to_document(), terms().to_document()) == ()


def test_a_changed_target_is_told_by_the_name_of_its_objective(terms: Drawn, written: Written) -> None:
    first, second = written()["objectives"]
    stricter = terms(objectives=[first | {"target": "99.9"}, second])
    (change,) = compute_terms_changes(terms().to_document(), stricter.to_document())
    assert change.sentence == "objectives.Availability.target: 99.5 → 99.9"


def test_a_renamed_objective_is_the_same_objective(terms: Drawn, written: Written) -> None:
    first, second = written()["objectives"]
    renamed = terms(objectives=[first | {"name": "Uptime"}, second])
    (change,) = compute_terms_changes(terms().to_document(), renamed.to_document())
    assert change.sentence == "objectives.Availability.name: Availability → Uptime"


def test_the_order_of_objectives_is_no_difference(terms: Drawn, written: Written) -> None:
    first, second = written()["objectives"]
    assert compute_terms_changes(terms().to_document(), terms(objectives=[second, first]).to_document()) == ()


def test_what_comes_and_goes_is_added_and_removed(terms: Drawn, written: Written) -> None:
    first, _ = written()["objectives"]
    fewer = terms(objectives=[first], credits=None, ends_on="2027-01-14")
    sentences = [change.sentence for change in compute_terms_changes(terms().to_document(), fewer.to_document())]
    assert sentences[0].startswith("objectives.Fast answers: removed name Fast answers, target 95")
    assert "ends_on: added 2027-01-14" in sentences
    assert "credits: removed ladder below 99.5, percent 5; below 99, percent 10, cap 25, rounding half_up" in sentences


def test_two_objectives_that_swap_their_names_are_two_changes(terms: Drawn, written: Written) -> None:
    first, second = written()["objectives"]
    swapped = terms(objectives=[first | {"name": "Fast answers"}, second | {"name": "Availability"}])
    fields = [change.field for change in compute_terms_changes(terms().to_document(), swapped.to_document())]
    assert fields == ["objectives.Availability.name", "objectives.Fast answers.name"]


def test_a_new_objective_may_take_the_name_of_one_that_is_gone(terms: Drawn, written: Written) -> None:
    first, second = written()["objectives"]
    replaced = terms(objectives=[first | {"id": "01900000-0000-7000-8000-000000000009"}, second])
    (change,) = compute_terms_changes(terms().to_document(), replaced.to_document())
    assert change.field == "objectives.Availability.id"


def test_of_lists_of_closures_only_what_is_new_or_gone_is_told(terms: Drawn, written: Written) -> None:
    hours = written()["service_hours"]
    with_another_closure = hours | {"closures": [{"from": "2026-12-31"}, *hours["closures"]]}
    (added,) = compute_terms_changes(terms().to_document(), terms(service_hours=with_another_closure).to_document())
    assert added.sentence == "service_hours.closures: added from 2026-12-31"
    (removed,) = compute_terms_changes(terms(service_hours=with_another_closure).to_document(), terms().to_document())
    assert removed.sentence == "service_hours.closures: removed from 2026-12-31"


def test_hours_of_a_day_are_told_whole(terms: Drawn, written: Written) -> None:
    hours = written()["service_hours"]
    longer = hours | {"hours": hours["hours"] | {"fri": [["08:00", "12:00"], ["13:00", "18:00"]]}}
    (change,) = compute_terms_changes(terms().to_document(), terms(service_hours=longer).to_document())
    assert (change.field, change.before) == ("service_hours.hours.fri", [["08:00", "18:00"]])
