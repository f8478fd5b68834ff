"""The one form of names, in which names that look alike are the same; and the step that brings stored names into it."""

from common.names.form import canonical_name, check_text, check_visible, clean_name, in_words

__all__ = ["canonical_name", "check_text", "check_visible", "clean_name", "in_words"]
