"""The one form of a name: names that look the same are the same, and hold no character that nobody can see."""

import re
import unicodedata

_SPACES = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]+")
_LINE_CONTROLS = re.compile("[\t-\r\u0085\u2028\u2029]+")
_REFUSED_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Controls, format characters (zero-width and bidirectional ones among them), half surrogates, line separators."""
_OTHER_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
_TEXT_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202d\u202e]")
"""What no text holds: controls other than tabs and line ends, and overrides of its direction."""
_NON_JOINER, _JOINER = "\u200c", "\u200d"
_EMOJI_SELECTORS, _KEYS, _KEYCAP = {"\ufe0e", "\ufe0f"}, set("#*0123456789"), "\u20e3"
_EMOJI_AMONG_SIGNS = re.compile("[\u203c\u2049\u2139\u2194\u25fb-\u25fe\u2934\u2935\u3030]")
"""Punctuation, letters and mathematical signs that are also emoji."""
_MONGOLIAN, _MONGOLIAN_SELECTORS = re.compile("[\u1820-\u1878\u1880-\u18aa]"), re.compile("[\u180b-\u180f]")
_IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_VIRAMA_CLASS = 9


def canonical_name(text: str) -> str:
    """Return the name in NFC with single plain spaces. Raise ValueError where it holds an invisible character."""
    name = _normalize(text)
    refused = _list_refused_characters(name)
    if refused:
        raise ValueError(f"must not contain {describe_character(name[refused[0]])}; remove it")
    if not name:
        raise ValueError("must contain a character that can be seen")
    return name


def clean_name(text: str, longest: int | None = None) -> str:
    """Return a machine's name in the form of canonical_name, without the characters that are refused there, and cut."""
    name = _without_refused_characters(_LINE_CONTROLS.sub(" ", text))
    if longest is None or len(name) <= longest:
        return name
    return _without_refused_characters(name[:longest])  # the cut may leave a joiner that joins nothing


def check_text(text: str) -> str:
    """Refuse controls and overrides of the direction in a text of several lines."""
    control = _TEXT_CONTROLS.search(text)
    if control:
        raise ValueError(f"must not contain {describe_character(control.group())}; remove it")
    return text


def check_visible(text: str) -> str:
    """Refuse a text in which nothing can be seen."""
    if not clean_name(text):
        raise ValueError("must contain a character that can be seen")
    return text


def describe_character(character: str) -> str:
    """Name a character that cannot be shown: `the character U+202E (right-to-left override)`."""
    name = unicodedata.name(character, "")
    return f"the character U+{ord(character):04X}" + (f" ({name.lower()})" if name else "")


def _normalize(text: str) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip(" ")


def _without_refused_characters(text: str) -> str:
    name = _normalize(text)
    while refused := set(_list_refused_characters(name)):  # a removal gives the others new neighbours
        name = _normalize("".join(character for place, character in enumerate(name) if place not in refused))
    return name


def _list_refused_characters(name: str) -> list[int]:
    if name.isascii() and name.isprintable():  # as most names are, and quick to say
        return []
    refused, base = [], ""
    for place, (before, character, after) in enumerate(zip(["", *name], name, [*name[1:], ""], strict=False)):
        if _is_invisible(character) and not _shapes_its_neighbours(base, before, character, after):
            refused.append(place)
        if not unicodedata.combining(character):
            base = character
    return refused


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in _REFUSED_CATEGORIES or bool(_OTHER_INVISIBLE.match(character))


def _shapes_its_neighbours(base: str, before: str, character: str, after: str) -> bool:
    """Say whether a script needs the character here: joiners of Indic and Arabic letters and emoji, and variations.

    The base is the last character before it that is no combining mark.
    """
    if character in {_NON_JOINER, _JOINER}:
        return _joins(base, before, character, after)
    if character in _EMOJI_SELECTORS:
        is_keycap = before in _KEYS and after == _KEYCAP
        return is_keycap or unicodedata.category(before or " ") == "So" or bool(_EMOJI_AMONG_SIGNS.match(before))
    if _MONGOLIAN_SELECTORS.match(character):
        return bool(_MONGOLIAN.match(before))
    return "\U000e0100" <= character <= "\U000e01ef" and bool(_IDEOGRAPH.match(before))


def _joins(base: str, before: str, joiner: str, after: str) -> bool:
    """Say whether a joiner changes how its neighbours look."""
    if before and unicodedata.combining(before) == _VIRAMA_CLASS:
        return (joiner == _JOINER and not after) or (bool(after) and not _is_invisible(after))
    if after and unicodedata.combining(after) == _VIRAMA_CLASS:  # the Bengali and Kannada ra before a ya
        return joiner == _JOINER and unicodedata.category(before or " ") == "Lo"
    if joiner == _NON_JOINER:
        return {unicodedata.bidirectional(neighbour) for neighbour in (base, after) if neighbour} == {"AL"}
    is_emoji = unicodedata.category(before or " ") in {"So", "Sk"} or before == "\ufe0f"
    return is_emoji and bool(after) and (unicodedata.category(after) == "So" or after == "\u2194")


def in_words(value: str) -> str:
    """Write a value of the interface as people say it: `not_measured` is `not measured`."""
    return value.replace("_", " ")
