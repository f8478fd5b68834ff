"""Signatures and keys: as RFC 8032 and RFC 8037 have them, kept per installation, and replaced without loss."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError
from sqlalchemy import select

from common.audit import find_newest_seal, seal
from common.canonical_json import hash_canonical_json
from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from sla.compliance.evaluation.rules_version import CURRENT_RULES
from sla.compliance.statements.audit_anchor import LostSeal, find_lost_seal
from sla.compliance.statements.model import Statement
from sla.compliance.statements.offline_verification import (
    NotAnExportedStatement,
    PublicKey,
    check_chains,
    check_statement,
    parse_public_keys,
)
from sla.compliance.statements.settings import StatementSettings
from sla.compliance.statements.signing import (
    Signer,
    compute_thumbprint,
    decode_base64url,
    encode_base64url,
    generate_signer,
    is_signature_valid,
    parse_public_key,
    parse_signer,
    to_jwk,
)
from tests.sla.compliance.conftest import JsonOf, StatementClient

# RFC 8037, appendix A.
RFC_SEED = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC_PUBLIC = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
RFC_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_keys_are_those_of_the_rfc() -> None:
    signer = parse_signer(RFC_SEED)
    assert (signer.public, signer.kid) == (RFC_PUBLIC, RFC_THUMBPRINT)
    assert parse_public_key(to_jwk(RFC_PUBLIC)) == RFC_PUBLIC


def test_a_signature_fits_one_hash_and_one_key() -> None:
    signer, other_signer = generate_signer(), generate_signer()
    signature = signer.sign("ab" * 32)
    assert is_signature_valid("ab" * 32, signature, signer.public)
    assert not is_signature_valid("ac" * 32, signature, signer.public)
    assert not is_signature_valid("ab" * 32, signature, other_signer.public)
    for nonsense in ("", "!", signature[:-4], signature + "A"):
        assert not is_signature_valid("ab" * 32, nonsense, signer.public)
    assert not is_signature_valid("no hash", signature, signer.public)


def test_a_key_can_be_given_as_pem_or_as_32_bytes() -> None:
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert parse_signer(pem).kid == parse_signer(encode_base64url(private.private_bytes_raw())).kid
    signer = StatementSettings(key=pem).signer
    assert signer is not None
    assert signer.kid == parse_signer(pem).kid


def test_an_invalid_key_is_refused_when_the_service_starts() -> None:
    other_curve = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for nonsense in ("", "secret", encode_base64url(b"short"), other_curve):
        with pytest.raises(ValidationError):
            StatementSettings(key=nonsense)


def test_bytes_are_written_in_one_way() -> None:
    assert decode_base64url(encode_base64url(b"\xff\xfe")) == b"\xff\xfe"
    with pytest.raises(ValueError, match="base64url"):
        decode_base64url("__9")  # the last bits of it are not used


@pytest.mark.parametrize(
    "key", [{}, {"kty": "OKP", "crv": "X25519", "x": "AA"}, to_jwk(RFC_PUBLIC) | {"kid": "another"}, {"keys": 1}, 7]
)
def test_an_invalid_public_key_is_refused(key: Any) -> None:
    with pytest.raises(ValueError, match=r"is not|is neither"):
        parse_public_keys(key)


def exported(signer: Signer, number: int = 1, previous: str | None = None, **changes: Any) -> dict[str, Any]:
    document = {"format": CURRENT_RULES.statement_format, "agreement_id": "a", "number": number}
    document |= {"previous_sha256": previous}
    document |= {"key_id": signer.kid, "result": {"bad": 12, "attained": "99.4861"}, "agreement_name": "Shop"} | changes
    sha256 = hash_canonical_json(document)
    signature = {"algorithm": "Ed25519", "key_id": signer.kid, "value": signer.sign(sha256)}
    return {"document": document, "sha256": sha256, "signature": signature, "key": to_jwk(signer.public)}


def test_one_changed_digit_fails_wherever_it_stands() -> None:
    statement = exported(signer := generate_signer(), previous="0" * 64, number=2)
    keys = {signer.kid: PublicKey(signer.public)}
    assert check_statement(statement, keys) == check_statement(statement, None) == []
    text = json.dumps(statement)
    inside = text.index('"key": {')
    for place in [place for place, sign in enumerate(text[:inside]) if sign.isdigit()]:
        forged = text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]
        try:
            assert check_statement(json.loads(forged), keys), text[max(place - 20, 0) : place + 1]
        except NotAnExportedStatement:
            assert '"sha256"' in text[place - 6 : place + 4]


def test_a_forger_with_a_key_of_their_own_is_found_out_by_the_published_one() -> None:
    own_signer, forger = generate_signer(), generate_signer()
    forged = exported(forger)
    assert check_statement(forged, None) == []
    own_keys = {own_signer.kid: PublicKey(own_signer.public)}
    assert check_statement(forged, own_keys) == [f"The key {forger.kid} is not available."]
    forged["signature"]["key_id"] = own_signer.kid
    assert "The signature is not of the key that the document names." in check_statement(
        forged, {own_signer.kid: PublicKey(own_signer.public)}
    )


def test_what_a_revoked_key_signed_since_does_not_count_and_what_it_signed_before_does() -> None:
    signer = generate_signer()
    key = to_jwk(signer.public) | {"valid_until": None, "revoked_since": "2026-02-03T12:00:00Z"}
    keys = parse_public_keys({"keys": [key]})

    assert check_statement(exported(signer, issued_at="2026-02-03T11:59:59Z"), keys) == []
    for document in ({"issued_at": "2026-02-03T12:00:00Z"}, {"issued_at": "soon"}, {}):
        (problem,) = check_statement(exported(signer, **document), keys)
        assert "was revoked, and its signatures since 2026-02-03 12:00:00+00:00 do not count" in problem


def test_fields_beside_the_document_must_equal_it() -> None:
    statement = exported(generate_signer()) | {"number": 1}
    assert check_statement(statement, None) == []
    assert check_statement(statement | {"number": 2}, None) == ["number differs from the document."]
    assert check_statement(statement | {"remark": "paid"}, None) == ["remark is not a field of a statement."]


def test_numbers_no_statement_holds_are_not_hashed() -> None:
    statement = exported(generate_signer())
    statement["document"]["number"] = 2**60
    assert "The hash does not fit the document." in check_statement(statement, None)


def test_a_chain_is_whole_or_says_where_it_is_not() -> None:
    signer = generate_signer()
    first = exported(signer)
    second = exported(signer, 2, first["sha256"])
    third = exported(signer, 3, second["sha256"])
    assert check_chains([third, first, second, first]) == check_chains([first]) == []
    assert check_chains([first, third]) == ["Agreement a: a statement is missing between number 1 and number 3."]
    sibling = exported(signer, 2, "0" * 64)
    assert check_chains([first, sibling]) == ["Agreement a: statement 2 does not follow statement 1."]
    assert check_chains([second, sibling]) == ["Agreement a has two statements with the number 2."]


async def test_a_statement_names_the_newest_seal_of_the_audit_trail_which_must_not_be_lost(
    sla: ServiceUnderTest, statements: StatementClient, json_of: JsonOf
) -> None:
    trail = sla.runtime.tables.audit
    async with sla.begin() as work:
        await seal(work.session, trail, limit=10_000)
        newest = await find_newest_seal(work.session, trail)
    assert newest

    statement = json_of(await statements.close(), 201)

    assert statement["document"]["audit_seal"] == {"number": newest.number, "sha256": newest.value.hex()}
    async with sla.begin() as work:
        assert await find_lost_seal(work.session) is None
        issued = (await work.session.scalars(select(Statement))).one()
        columns = {column.name: getattr(issued, column.name) for column in Statement.__table__.columns}
        later = {"id": new_id(), "number": 2, "period": "2026-02", "previous_sha256": issued.sha256}
        cut_off = {"audit_seal": {"number": newest.number + 1, "sha256": "00"}}
        last = {"id": new_id(), "number": 3, "period": "2026-03", "previous_sha256": "00"}
        work.add(Statement(**columns | later | {"document": issued.document | cut_off}))
        work.add(Statement(**columns | last))
        await work.flush()
        assert await find_lost_seal(work.session) == LostSeal(later["id"], newest.number + 1)


def test_a_thumbprint_is_of_the_key_alone() -> None:
    assert compute_thumbprint(RFC_PUBLIC) == RFC_THUMBPRINT
