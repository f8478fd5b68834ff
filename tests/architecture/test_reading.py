"""The code reads plainly: names say what things are, docstrings are sentences, a newcomer can take in each folder."""

import re
from pathlib import Path

import pytest

from tests import figures

MOST_FILES = 15
ROW = re.compile(r"^\| (?P<term>[^|]+) \| (?P<meaning>[^|]+) \| (?P<place>[^|]+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def trees(root: Path) -> figures.Trees:
    return figures.parse_sources(root)


@pytest.fixture(scope="module")
def glossary(root: Path) -> list[dict[str, str]]:
    text = (root / "docs/glossary.md").read_text(encoding="utf-8")
    return [match.groupdict() for match in ROW.finditer(text) if match["term"] not in {"term", "---"}]


def test_a_local_name_says_what_the_value_is(trees: figures.Trees) -> None:
    assert not list(map(str, figures.nameless_locals(trees).places))


def test_a_docstring_begins_with_a_sentence_that_can_be_read_alone(trees: figures.Trees) -> None:
    assert not list(map(str, figures.fragment_docstrings(trees).places))


def test_what_touches_the_database_begins_with_a_verb(trees: figures.Trees) -> None:
    assert not list(map(str, figures.store_coroutines_without_verb(trees).places))


def test_a_class_name_has_one_meaning_in_a_service(trees: figures.Trees) -> None:
    assert not figures.classes_defined_twice(trees)


def test_a_function_name_is_used_twice_only_as_the_same_verb(trees: figures.Trees) -> None:
    assert not figures.functions_with_two_meanings(trees)


def test_no_folder_holds_more_files_than_a_reader_can_take_in(root: Path, trees: figures.Trees) -> None:
    counts = figures.files_per_folder(trees | figures.parse_sources(root, ("tests",)))
    assert not {str(folder): count for folder, count in counts.items() if count > MOST_FILES}


def test_no_message_prints_a_value_as_python_writes_it(trees: figures.Trees) -> None:
    assert not list(map(str, figures.python_in_texts(trees).places))


def test_every_package_says_what_it_is_for(trees: figures.Trees) -> None:
    assert not figures.silent_packages(trees)


def test_the_glossary_gives_each_term_one_sentence_and_a_place_that_exists(
    root: Path, glossary: list[dict[str, str]]
) -> None:
    terms = [row["term"] for row in glossary]
    assert len(terms) == len(set(terms)) > 0
    assert all(row["meaning"].endswith(".") for row in glossary)
    assert not [row["place"] for row in glossary if not (root / row["place"]).exists()]
