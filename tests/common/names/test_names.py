"""Names have one form: twins that look alike are one name, and nobody can hide a character in one."""

import unicodedata
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from common.names import clean_name
from common.views import MachineName, Name, RequiredText, Text, View, read_stored

PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
HEART = "\u2764\ufe0f"
NAMES_WITH_INVISIBLE_CHARACTERS = [
    PERSIAN,
    FAMILY,
    HEART,
    "क्\u200dष",
    "രാജന്\u200d",  # Malayalam, with a letter of its own at the end
    "রপ্তানি ও র\u200d্যাব",  # Bengali, with a joiner before the sign that joins
    "ಸರ್\u200cಕಾರ",
    "\u0646\u0627\u0645\u0647\u0654\u200c\u0647\u0627",  # Persian, with a mark between
    "1\ufe0f\u20e3 Support",
    "\u2139\ufe0f Desk",
    "\U0001f642\u200d\u2194\ufe0f",
    "\U0001f469\U0001f3fd\u200d\U0001f4bb",
    "\u182e\u1823\u180b",
    "\u845b\U000e0100",
]

read_name: Any = TypeAdapter(Name).validate_python
read_machine_name: Any = TypeAdapter(MachineName).validate_python


@pytest.mark.parametrize("name", ["Zoë", "渡邉", "Straße 7", "عربي", "a'b “c” — d", *NAMES_WITH_INVISIBLE_CHARACTERS])
def test_a_name_that_can_be_read_is_taken_as_it_is(name: str) -> None:
    assert read_name(name) == name
    assert read_machine_name(name) == name


@pytest.mark.parametrize(
    ("twin", "name"),
    [
        (unicodedata.normalize("NFD", "Zoë"), "Zoë"),
        ("Sales\u00a0EMEA", "Sales EMEA"),
        ("Sales  EMEA", "Sales EMEA"),
        ("\u3000Sales\u2003EMEA ", "Sales EMEA"),
        ("\u2800Sales\u2800", "Sales"),
    ],
)
def test_names_that_look_alike_are_one_name(twin: str, name: str) -> None:
    assert read_name(twin) == name
    assert read_machine_name(twin) == name


@pytest.mark.parametrize(
    ("character", "described"),
    [
        ("\u200b", "U+200B (zero width space)"),
        ("\u202e", "U+202E (right-to-left override)"),
        ("\u2066", "U+2066 (left-to-right isolate)"),
        ("\u200f", "U+200F (right-to-left mark)"),
        ("\u200d", "U+200D (zero width joiner)"),
        ("\u200c", "U+200C (zero width non-joiner)"),
        ("\ufe0f", "U+FE0F (variation selector-16)"),
        ("\ufeff", "U+FEFF (zero width no-break space)"),
        ("\u00ad", "U+00AD (soft hyphen)"),
        ("\u034f", "U+034F (combining grapheme joiner)"),
        ("\u3164", "U+3164 (hangul filler)"),
        ("\U000e0041", "U+E0041 (tag latin capital letter a)"),
        ("\U000e01ff", "U+E01FF"),
        ("\t", "U+0009"),
        ("\n", "U+000A"),
        ("\r", "U+000D"),
        ("\u2028", "U+2028 (line separator)"),
        ("\x1b", "U+001B"),
        ("\x7f", "U+007F"),
        ("\x9b", "U+009B"),
    ],
)
def test_what_nobody_can_see_is_refused_of_a_person_and_removed_from_a_machines_name(
    character: str, described: str
) -> None:
    with pytest.raises(ValidationError, match="must not contain the character") as refusal:
        read_name(f"Sa{character}les")
    assert f"the character {described}; remove it" in str(refusal.value)
    is_line_control = character in "\t\n\r\u2028"
    assert read_machine_name(f"Sa{character}les") == ("Sa les" if is_line_control else "Sales")


@pytest.mark.parametrize(
    "name",
    [
        "\U0001f600\u200dSales",  # a joiner of an emoji and a letter
        "שלום\U000e0100",
        "☺\ufe00",
        "7\ufe0f",
        "a\u200d",
        "म्\u200d\u200d",
        "\u0627\u200cA",
        "\u182e\u180bA\u180b",
    ],
)
def test_what_changes_nothing_that_can_be_seen_is_no_part_of_a_name(name: str) -> None:
    with pytest.raises(ValidationError, match="must not contain the character"):
        read_name(name)


@pytest.mark.parametrize("name", ["\u200b", "\u200b\u2060", "\u3164", " \u2800 ", "\ufe0f", "\u200d\u200d"])
def test_a_name_of_nothing_to_see_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        read_name(name)
    with pytest.raises(ValidationError):
        read_machine_name(name)
    with pytest.raises(ValidationError, match="can be seen"):
        TypeAdapter(RequiredText).validate_python(name)


def test_a_text_has_lines_and_tabs_but_no_other_controls() -> None:
    read: Any = TypeAdapter(Text).validate_python
    assert (
        read("two\nlines\tand\r\na tab, עברית \u200fand a mark") == "two\nlines\tand\r\na tab, עברית \u200fand a mark"
    )
    for character in "\x07\x1b\u202e\u202d\x85":
        with pytest.raises(ValidationError, match="must not contain the character"):
            read(f"a{character}b")


def test_what_is_stored_is_read_as_it_is() -> None:
    class Named(View):
        name: Name

    class Row:
        name = "Sa\u200bles"

    assert read_stored(Named, {"name": "Zoe\u0308"}).name == "Zoe\u0308"
    assert Named.model_validate(Row()).name == Named.from_entity(Row()).name == "Sa\u200bles"
    with pytest.raises(ValidationError):
        Named.model_validate({"name": "Sa\u200bles"})


def test_a_clean_name_is_clean_and_taken() -> None:
    for name in ("a\u200b\u200bb", "\u200d \u200d", "e\u200b\u0301", "\t a \n", "\u200dक्\u200d\u200d"):
        cleaned = clean_name(name)
        assert clean_name(cleaned) == cleaned
        assert not cleaned or read_name(cleaned) == cleaned


def test_a_name_that_is_cut_is_a_name() -> None:
    for text in ("a" * 9 + FAMILY, "b" * 8 + FAMILY, "c" * 9 + " d", "e" * 9 + "क्\u200dष", PERSIAN, "short"):
        cut = clean_name(text, 10)
        assert len(cut) <= 10
        assert read_name(cut) == cut
        assert text.startswith(cut)
