"""What log calls may hold of an error: its description, never its message."""

import ast
from collections.abc import Iterator
from pathlib import Path

LOGGERS = {"log", "logger"}
SAFE_CALLS = {"describe_error", "describe_traceback", "type"}


def test_no_log_call_is_given_the_message_of_an_error(modules: dict[Path, ast.Module]) -> None:
    leaks = [
        f"{path}:{call.lineno}"
        for path, tree in modules.items()
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler) and handler.name
        for call in find_log_calls(handler)
        if any(uses(value, handler.name) for value in list_values(call))
    ]
    assert not leaks


def find_log_calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            logger = node.func.value
            name = logger.func if isinstance(logger, ast.Call) else logger
            if ast.unparse(name) in LOGGERS | {"structlog.get_logger"}:
                yield node


def list_values(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg != "exc_info")]


def uses(value: ast.AST, name: str) -> bool:
    """Tell whether the name is used outside of the calls that describe an error."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) in SAFE_CALLS:
        return False
    if isinstance(value, ast.Name):
        return value.id == name
    return any(uses(part, name) for part in ast.iter_child_nodes(value))
