"""How well the code reads, in figures: `make figures` prints them, beside those of another revision with BASE=<rev>."""

import ast
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("libs", "services", "deploy")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NAMELESS = _words("""
    one ones other others found told known mine ours theirs kept held said asked wanted given fresh moved gone
    seen taken shown reached sent named whole many few which what who whose that this those these it them all
    some any each both done made left lost ended passed looked turned heard counted put brought called
""")
"""Pronouns and participles: they say how a value was come by, and not what it is."""
OPENINGS = _words("""
    of by from as in for with until where at on to without after before that those these neither nor what when
    whose who which how whether if unless while because since so and or but not also than them they its
""")
"""No whole sentence that can be read alone begins with one of these."""
STORE_VERBS = _words("""
    get find list select lock count add upsert delete load mark save has is schedule exists update insert fetch
    take remove set release acquire record create iterate stream sum retire close drop prune assign
""")
ACTION_VERBS = _words("""
    publish approve reject refuse withdraw propose accept object sign create draft edit change update retire
    start finish complete cancel close open reopen resolve export import apply register submit attach detach emit
    announce suspend resume renew terminate amend revoke request comment restate
""")


IDIOMS = frozenset({"periodic_job"})
"""What every module of one kind offers under the same name."""


class Place(NamedTuple):
    path: Path
    line: int
    name: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.name}"


class Share(NamedTuple):
    places: list[Place]
    of: int

    def __str__(self) -> str:
        return f"{len(self.places)} of {self.of} ({100 * len(self.places) / max(self.of, 1):.1f} %)"


Trees = dict[Path, ast.Module]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def parse_sources(root: Path, folders: tuple[str, ...] = SOURCES) -> Trees:
    """Every module written by hand, by its path below `root`; migrations are records and stay as they were written."""
    paths = (path for folder in folders for path in sorted((root / folder).rglob("*.py")))
    return {
        path.relative_to(root): ast.parse(path.read_text(encoding="utf-8"))
        for path in paths
        if not path.stem.endswith("_pb2") and not {"migrations", ".venv"} & set(path.relative_to(root).parts)
    }


def nameless_locals(trees: Trees) -> Share:
    """Find the names of values that are a pronoun or a participle; a field is read with its class, and may be one."""
    names = [
        Place(path, node.lineno, node.id)
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    fields = {
        (path, field.lineno)
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for field in node.body
        if isinstance(field, ast.AnnAssign)
    }
    nameless = [place for place in names if place.name in NAMELESS and (place.path, place.line) not in fields]
    return Share(nameless, len(names))


NOT_SHOWN = {"__repr__", "content"}
"""Functions whose texts nobody reads: what programmers see, and what is hashed."""


def python_in_texts(trees: Trees) -> Share:
    """Find the texts that show a value as Python writes it: with quotes, escapes and members of enumerations."""
    values = [
        (path, node)
        for path, tree in trees.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name not in NOT_SHOWN
        for node in ast.walk(function)
        if isinstance(node, ast.FormattedValue)
    ]
    shown = [Place(path, node.lineno, ast.unparse(node.value)) for path, node in values if node.conversion == ord("r")]
    return Share(shown, len(values))


def fragment_docstrings(trees: Trees) -> Share:
    """Docstrings of functions and classes whose first line cannot be read alone."""
    documented = [
        Place(path, node.lineno, f"{node.name}: {first_line}")
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, Definition) and (first_line := (ast.get_docstring(node) or "").split("\n")[0])
    ]
    return Share([place for place in documented if _is_fragment(place.name.split(": ", 1)[1])], len(documented))


def _is_fragment(sentence: str) -> bool:
    words = sentence.split()
    return len(words) == 1 or words[0].strip(".,:;`").lower() in OPENINGS


def store_coroutines_without_verb(trees: Trees) -> Share:
    coroutines = [
        Place(path, node.lineno, node.name)
        for path, tree in trees.items()
        if path.stem == "store" or path.stem.endswith("_store")
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef)
    ]
    return Share([place for place in coroutines if not _begins_with_verb(place.name)], len(coroutines))


def _begins_with_verb(name: str) -> bool:
    return name.lstrip("_").partition("_")[0] in STORE_VERBS or name.startswith("__")


def classes_defined_twice(trees: Trees) -> dict[str, list[Place]]:
    """Public class names with more than one definition in a service."""
    return _defined_twice(trees, (ast.ClassDef,))


def functions_with_two_meanings(trees: Trees) -> dict[str, list[Place]]:
    """Public function names that stand for more than the same verb on another room's entity."""
    twice = _defined_twice(trees, FUNCTIONS)
    return {name: places for name, places in twice.items() if not _is_same_verb(name.split(".")[1], places)}


def _is_same_verb(name: str, places: list[Place]) -> bool:
    """Whether it is `publish` of two rooms' actions, `get_…` of two stores, or what the layer above calls it too."""
    verb = name.partition("_")[0]
    layers = {place.path.stem for place in places}
    return (
        name in IDIOMS
        or verb in ACTION_VERBS
        or _begins_with_verb(name)
        or layers <= {"routes", "actions", "reactions", "store"}
    )


def _defined_twice(trees: Trees, kinds: tuple[type[Definition], ...]) -> dict[str, list[Place]]:
    places: dict[str, list[Place]] = defaultdict(list)
    for path, tree in trees.items():
        for node in tree.body if path.parts[0] == "services" else ():
            if isinstance(node, kinds) and not node.name.startswith("_"):
                places[f"{path.parts[1]}.{node.name}"].append(Place(path, node.lineno, node.name))
    return {name: definitions for name, definitions in places.items() if len(definitions) > 1}


def files_per_folder(trees: Trees) -> Counter[Path]:
    """Modules in each folder, without its `__init__`."""
    return Counter(path.parent for path in trees if path.name != "__init__.py")


def silent_packages(trees: Trees) -> list[Path]:
    """Packages whose `__init__` does not say what they are for."""
    return [path for path, tree in trees.items() if path.name == "__init__.py" and not ast.get_docstring(tree)]


def lines_of(root: Path, *patterns: str) -> int:
    paths = {path for pattern in patterns for path in root.glob(pattern)}
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def figures(root: Path) -> Iterator[tuple[str, str]]:
    trees = parse_sources(root)
    folder, most = files_per_folder(trees | parse_sources(root, ("tests",))).most_common(1)[0]
    yield "locals bound to a pronoun or participle", str(nameless_locals(trees))
    yield "docstrings that begin as a fragment", str(fragment_docstrings(trees))
    yield "store coroutines without a verb", str(store_coroutines_without_verb(trees))
    yield "class names defined twice in a service", str(len(classes_defined_twice(trees)))
    yield "function names with two meanings", str(len(functions_with_two_meanings(trees)))
    yield "most files in a folder", f"{most} ({folder})"
    yield "packages that do not say what they are for", str(len(silent_packages(trees)))
    yield "lines of sla, without migrations", str(lines_of(root, "services/sla/sla/**/*.py"))
    yield (
        "lines of examples",
        str(lines_of(root, "services/**/examples/**/*.yaml", "tests/examples/**/*.yaml")),
    )
    yield "lines of tests", str(lines_of(root, "tests/**/*.py"))


def checkout(revision: str, folder: Path) -> Path:
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", revision], capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


def main(arguments: list[str]) -> None:
    now = dict(figures(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        before = dict(figures(checkout(arguments[0], Path(folder)))) if arguments else {}
    for name, figure in now.items():
        sys.stdout.write(f"{name:48} " + (f"{before[name]:>42}  →  {figure}" if before else figure) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
