"""`rapport verify` on files, without any server: right, forged, incomplete, and no statements at all."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from common.canonical_json import hash_canonical_json
from rapport.cli import app
from rapport.errors import CommandError
from rapport.operations.statement_verification import _read, _verify_statement
from sla.compliance.evaluation.rules_version import CURRENT_RULES
from sla.compliance.statements.offline_verification import PublicKey
from sla.compliance.statements.signing import Signer, generate_signer, to_jwk

Write = Callable[[str, Any], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to(name: str, content: Any) -> str:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return to


def statement(signer: Signer, number: int = 1, previous: str | None = None) -> dict[str, Any]:
    document = {
        "format": CURRENT_RULES.statement_format,
        "agreement_id": "01900000-0000-7000-8000-000000000001",
        "agreement_name": "Shop [gold]",
        "service_name": "Café",
        "period": f"2026-{number:02}",
        "number": number,
        "previous_sha256": previous,
        "key_id": signer.kid,
        "result": {"objectives": [{"bad": 37, "attained": "99.4861"}]},
    }
    sha256 = hash_canonical_json(document)
    signature = {"algorithm": "Ed25519", "key_id": signer.kid, "value": signer.sign(sha256)}
    return {"document": document, "sha256": sha256, "signature": signature, "key": to_jwk(signer.public)}


def verify(*words: str) -> Result:
    return CliRunner().invoke(app, ["verify", *words])


def test_a_statement_in_order(write: Write) -> None:
    file, keys = (
        write("one.json", statement(signer := generate_signer())),
        write("keys.json", {"keys": [to_jwk(signer.public)]}),
    )
    with_key, without = verify(file, "--key", keys), verify(file)
    assert (with_key.exit_code, without.exit_code) == (0, 0)
    assert f"Shop [gold], 2026-01, signed with {signer.kid}" in with_key.output
    assert "--key" in without.output
    assert "--key" not in with_key.output


def test_one_changed_digit_fails_and_is_told(write: Write) -> None:
    forged = json.dumps(statement(generate_signer())).replace('"bad": 37', '"bad": 36')
    result = verify(write("one.json", forged))
    assert result.exit_code == 1
    assert "The hash does not fit the document." in result.output


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_byte_of_an_export_changes_it_is_found(tmp_path: Path, data: st.DataObject) -> None:
    signer, path = Signer(bytes(range(32))), tmp_path / "changed.json"
    content = json.dumps(statement(signer, 2, "a" * 64)).encode()
    keys = {signer.kid: PublicKey(signer.public)}
    place = data.draw(st.integers(0, len(content) - 1))
    changed = content[:place] + bytes([data.draw(st.integers(0, 255))]) + content[place + 1 :]
    path.write_bytes(changed)
    try:
        export = _read(path)
    except CommandError:
        return
    assume(export != json.loads(content) or repr(export) != repr(json.loads(content)))  # but for a space
    for trusted in (keys, None):
        assert not all(finding.is_good for finding in _verify_statement(path, export, trusted)), changed


def list_forgeries(value: Any) -> Iterator[Any]:
    """Yield every copy of a JSON value in which one part is another one, or one field is added."""
    yield from (other for other in ("x", "", 0, 1, True, None, [], {}) if repr(other) != repr(value))
    if isinstance(value, dict):
        yield value | {"remark": "paid"}
        yield from (value | {name: forged} for name, part in value.items() for forged in list_forgeries(part))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from ([*value[:place], forged, *value[place + 1 :]] for forged in list_forgeries(part))


def test_whatever_value_of_an_export_changes_it_is_found() -> None:
    signer = generate_signer()
    keys = {signer.kid: PublicKey(signer.public)}
    export = statement(signer) | {"number": 1, "previous_sha256": None}  # the API repeats them beside the document

    def is_good(exported: Any) -> bool:
        return all(finding.is_good for finding in _verify_statement(Path("one.json"), exported, keys))

    assert is_good(export)
    forgeries = list(list_forgeries(export))
    assert len(forgeries) > 100
    assert [forged for forged in forgeries if is_good(forged)] == []


def test_another_key_than_the_published_one(write: Write) -> None:
    result = verify(
        write("one.json", statement(generate_signer())), "--key", write("key.json", to_jwk(generate_signer().public))
    )
    assert result.exit_code == 1
    assert "is not available" in result.output


def test_a_chain(write: Write) -> None:
    signer = generate_signer()
    first = statement(signer)
    second = statement(signer, 2, first["sha256"])
    files = [write(f"{number}.json", statement_) for number, statement_ in enumerate((second, first))]
    result = verify(*files)
    assert (result.exit_code, "each follows the one before" in result.output) == (0, True)
    broken = verify(files[1], write("3.json", statement(signer, 3, second["sha256"])))
    assert (broken.exit_code, "a statement is missing" in broken.output) == (1, True)


@pytest.mark.parametrize("content", ["{}", "[]", '{"document": {}, "sha256": "", "signature": {}}'])
def test_what_is_no_statement(write: Write, content: str) -> None:
    result = verify(write("one.json", content))
    assert result.exit_code == 1
    assert result.output.startswith("FAILURE")


@pytest.mark.parametrize("content", ["", "{", '{"document": 1.5}', '{"a": NaN}', '{"sha256": "a", "sha256": "b"}'])
def test_what_cannot_be_read_is_said_in_words(write: Write, content: str) -> None:
    result = verify(write("one.json", content))
    assert isinstance(result.exception, CommandError)
    assert "holds no statement" in str(result.exception)


def test_files_that_are_not_there_and_keys_that_are_none(write: Write, tmp_path: Path) -> None:
    missing = verify(str(tmp_path / "none.json"))
    assert "cannot be read" in str(missing.exception)
    key = verify(write("one.json", statement(generate_signer())), "--key", write("key.json", {"kty": "RSA"}))
    assert "is not an Ed25519 key" in str(key.exception)


@pytest.mark.parametrize("depth", [900, 100_000])
def test_a_file_of_any_depth_is_refused_in_words(write: Write, depth: int) -> None:
    document = {"document": {"number": 1, "result": None}}
    deep = json.dumps(statement(generate_signer()) | document).replace("null", "[" * depth + "]" * depth)

    checked = verify(write("deep.json", deep))

    assert checked.exit_code == 1
    assert "more deeply than any statement" in checked.output + str(checked.exception)
