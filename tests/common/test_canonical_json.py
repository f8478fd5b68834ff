"""Canonical JSON is that of RFC 8785, whichever way it is written."""

from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from common.canonical_json import CanonicalizationError, to_canonical_json

SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(st.characters())
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)


@given(VALUES)
@example({"\ufb33": 1, "\U0001f600": 2})  # UTF-16 sorts them otherwise than UTF-8
@example({"a": '\x00\x1f\x7f\u2028/"\\\b\f\n\r\t', "é": []})
@example([1.0, 1e16, -0.0, 2**53 - 1, True])
def test_any_value_is_written_as_the_reference_writes_it(value: Any) -> None:
    try:
        expected = rfc8785.dumps(value)
    except (CanonicalizationError, UnicodeError):
        with pytest.raises((CanonicalizationError, UnicodeError)):
            to_canonical_json(value)
    else:
        assert to_canonical_json(value) == expected
