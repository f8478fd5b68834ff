"""Every rule that can be broken is explained, and has a name of its own by which clients tell it from others."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from common.errors import DomainError

Descendants = Callable[[type], Iterator[type[DomainError]]]


def test_every_rule_says_what_it_is(descendants: Descendants) -> None:
    assert not [rule.__name__ for rule in descendants(DomainError) if not (rule.__dict__.get("__doc__") or "").strip()]


def test_no_two_rules_share_a_name(descendants: Descendants) -> None:
    slugs = Counter(rule.slug for rule in set(descendants(DomainError)))
    assert not [slug for slug, times in slugs.items() if times > 1]


def test_every_rule_is_answered_with_an_error_status(descendants: Descendants) -> None:
    assert not [rule.__name__ for rule in descendants(DomainError) if not 400 <= rule.status < 600]


def test_a_rule_about_several_fields_names_the_one_to_change(sources: dict[Path, ast.Module]) -> None:
    """A ValueError of a model's validator would be about the whole body."""
    assert not [
        f"{path.name}: {function.name}"
        for path, module in sources.items()
        if path.stem not in {"settings", "scenarios"}
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef) and _is_model_validator(function)
        for node in ast.walk(function)
        if isinstance(node, ast.Raise) and "ValueError" in ast.dump(node)
    ]


def _is_model_validator(function: ast.FunctionDef) -> bool:
    return any("model_validator" in ast.dump(decorator) for decorator in function.decorator_list)


def test_rules_are_named_after_what_was_broken_and_not_after_python(descendants: Descendants) -> None:
    kinds = {rule.__name__ for rule in descendants(DomainError)} - {"InternalError"}
    assert not [name for name in kinds if name.endswith(("Error", "Exception"))]
