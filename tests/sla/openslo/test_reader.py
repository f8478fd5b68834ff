"""Reading YAML: as it is written, and only so much of it."""

from decimal import Decimal
from time import process_time

import pytest

from sla.openslo.yaml_loader import MAX_BUNDLE_CHARACTERS, BundleUnreadable, load_documents


def test_numbers_are_exact_and_what_looks_like_something_else_is_text() -> None:
    (document,) = load_documents(
        "{a: 0.9995, b: 1m, c: 12:30, d: no, e: 2022-01-01 12:00:00, f: 007, g: true, h: ~, i: -3, j: .5}"
    )
    assert document == {
        "a": Decimal("0.9995"),
        "b": "1m",
        "c": "12:30",
        "d": "no",
        "e": "2022-01-01 12:00:00",
        "f": "007",
        "g": True,
        "h": None,
        "i": -3,
        "j": Decimal("0.5"),
    }
    assert isinstance(document["a"], Decimal)


def test_empty_documents_are_left_out() -> None:
    assert load_documents("---\n---\na: 1\n---\n") == [{"a": 1}]


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "without anchors"),
        ("a: &b 1", "without anchors"),
        ("a: !!python/object/apply:os.system [id]", "without own tags"),
        ("a: !thing 1", "without own tags"),
        ("[" * 30 + "]" * 30, "24 levels deep"),
        ("a: {b: 1, b: 2}", "is repeated"),
        ("1: 2", "is not text"),
        ("a: [1", "in line 2"),
        ("a: \x01", "not valid YAML: it holds a character that is not allowed"),
        ("a: \ud800", "not valid YAML: it holds a character that is not allowed"),
        ("", "1 to 200 documents"),
        ("---\na\n" * 201, "1 to 200 documents"),
        ("a" * (MAX_BUNDLE_CHARACTERS + 1), "characters"),
    ],
)
def test_what_is_no_bundle_is_refused(text: str, words: str) -> None:
    with pytest.raises(BundleUnreadable, match=words):
        load_documents(text)


def test_the_deepest_and_longest_numbers_cost_little() -> None:
    before = process_time()
    with pytest.raises(BundleUnreadable):
        load_documents("[" * (MAX_BUNDLE_CHARACTERS - 1))
    (document,) = load_documents(f"a: {'9' * 200_000}")
    assert isinstance(document["a"], str)
    assert process_time() - before < 5
