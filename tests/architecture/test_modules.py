"""What every module keeps to: its size, its docstring, its place, and what it leaves to the door."""

import ast
import configparser
from pathlib import Path

import grimp

LONGEST = 300
LAYERS = {"routes", "reactions", "actions", "views", "store", "model"}


def test_no_module_is_longer_than_300_lines(modules: dict[Path, ast.Module]) -> None:
    long = {str(path): length for path in modules if (length := len(path.read_text().splitlines())) > LONGEST}
    assert not long


def test_every_module_says_in_one_to_three_lines_what_it_is_for(modules: dict[Path, ast.Module]) -> None:
    documented = {path: (ast.get_docstring(tree) or "").splitlines() for path, tree in modules.items()}
    silent = [
        str(path)
        for path, lines in documented.items()
        if not 1 <= len(lines) <= 3 and (path.name != "__init__.py" or path.read_text().strip())
    ]
    assert not silent


def test_every_room_stands_in_the_import_contracts(root: Path, rooms: list[Path]) -> None:
    contracts = configparser.ConfigParser()
    contracts.read(root / ".importlinter")
    listed: set[str] = set()
    for name in contracts.sections():
        listed |= set(contracts[name].get("containers", "").split())
    assert listed == {f"{room.parent.name}.{room.name}" for room in rooms}


def test_modules_outside_of_the_layers_are_excepted_only_while_they_exist(root: Path, rooms: list[Path]) -> None:
    contracts = configparser.ConfigParser()
    contracts.read(root / ".importlinter")
    for service in {room.parent.name for room in rooms}:
        exceptions = set(contracts[f"importlinter:contract:rooms-of-{service}"].get("exhaustive_ignores", "").split())
        modules = {path.stem for room in rooms if room.parent.name == service for path in room.glob("*.py")}
        assert exceptions <= modules - LAYERS


def test_every_module_that_is_pure_is_kept_so_by_name(root: Path, rooms: list[Path]) -> None:
    contracts = configparser.ConfigParser()
    contracts.read(root / ".importlinter")
    contract = contracts["importlinter:contract:mathematics-is-pure"]
    graph = grimp.build_graph(*{room.parent.name for room in rooms}, "common", include_external_packages=True)
    impure = contract["forbidden_modules"].split()
    pure = {
        f"{room.parent.name}.{room.name}.{path.stem}"
        for room in rooms
        for path in room.glob("*.py")
        if path.stem not in LAYERS | {"__init__"}
    }
    pure = {module for module in pure if not any(graph.chain_exists(module, name) for name in impure)}
    assert pure == set(contract["source_modules"].split())


def test_every_model_is_known_to_the_migrations(sources: dict[Path, ast.Module], rooms: list[Path]) -> None:
    for service in {room.parent for room in rooms}:
        known = {node.module for node in ast.walk(sources[service / "tables.py"]) if isinstance(node, ast.ImportFrom)}
        models = {f"{service.name}.{path.parent.name}.model" for path in service.glob("*/model.py")}
        assert models <= known


def test_nothing_inside_a_service_commits_or_opens_a_session_of_its_own(sources: dict[Path, ast.Module]) -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in sources.items()
        if "services" in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}
    ]
    assert not found


def test_nobody_but_the_machinery_raises_http_exceptions(sources: dict[Path, ast.Module]) -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in sources.items()
        if "services" in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "HTTPException"
    ]
    assert not found


def test_no_module_holds_a_note_for_later(modules: dict[Path, ast.Module]) -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "X" * 3)
    assert not [str(path) for path in modules if any(mark in path.read_text() for mark in marks)]
