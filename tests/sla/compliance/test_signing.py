"""Signatures and keys: as RFC 8032 and RFC 8037 have them, kept per installation, and replaced without loss."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError
from sqlalchemy import select

from common.testing.plugin import Trial
from sla.compliance.document import FORMAT, sha256_of
from sla.compliance.model import StatementKey, StatementSecret
from sla.compliance.offline import NotAStatement, gaps, keys_of, problems
from sla.compliance.settings import StatementSettings
from sla.compliance.signing import Signer, decoded, drawn, encoded, is_signed, jwk, public_of, signer_of, thumbprint

# RFC 8037, appendix A.
RFC_SEED = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC_PUBLIC = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
RFC_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_keys_are_those_of_the_rfc() -> None:
    signer = signer_of(RFC_SEED)
    assert (signer.public, signer.kid) == (RFC_PUBLIC, RFC_THUMBPRINT)
    assert public_of(jwk(RFC_PUBLIC)) == RFC_PUBLIC


def test_a_signature_fits_one_hash_and_one_key() -> None:
    signer, other = drawn(), drawn()
    signature = signer.sign("ab" * 32)
    assert is_signed("ab" * 32, signature, signer.public)
    assert not is_signed("ac" * 32, signature, signer.public)
    assert not is_signed("ab" * 32, signature, other.public)
    for nonsense in ("", "!", signature[:-4], signature + "A"):
        assert not is_signed("ab" * 32, nonsense, signer.public)
    assert not is_signed("no hash", signature, signer.public)


def test_a_key_can_be_given_as_pem_or_as_32_bytes() -> None:
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert signer_of(pem).kid == signer_of(encoded(private.private_bytes_raw())).kid
    given = StatementSettings(key=pem).signer
    assert given is not None
    assert given.kid == signer_of(pem).kid


def test_what_is_no_key_is_refused_when_the_service_starts() -> None:
    other = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for nonsense in ("", "secret", encoded(b"short"), other):
        with pytest.raises(ValidationError):
            StatementSettings(key=nonsense)


def test_bytes_are_written_in_one_way() -> None:
    assert decoded(encoded(b"\xff\xfe")) == b"\xff\xfe"
    with pytest.raises(ValueError, match="base64url"):
        decoded("__9")  # the last bits of it are not used


@pytest.mark.parametrize(
    "key", [{}, {"kty": "OKP", "crv": "X25519", "x": "AA"}, jwk(RFC_PUBLIC) | {"kid": "another"}, {"keys": 1}, 7]
)
def test_what_is_no_public_key_is_refused(key: Any) -> None:
    with pytest.raises(ValueError, match=r"is no|is not"):
        keys_of(key)


def exported(signer: Signer, number: int = 1, previous: str | None = None, **changes: Any) -> dict[str, Any]:
    document = {"format": FORMAT, "agreement_id": "a", "number": number, "previous_sha256": previous}
    document |= {"key_id": signer.kid, "result": {"bad": 12, "attained": "99.4861"}, "agreement_name": "Shop"} | changes
    sha256 = sha256_of(document)
    signature = {"algorithm": "Ed25519", "key_id": signer.kid, "value": signer.sign(sha256)}
    return {"document": document, "sha256": sha256, "signature": signature, "key": jwk(signer.public)}


def test_one_changed_digit_fails_wherever_it_stands() -> None:
    statement = exported(signer := drawn(), previous="0" * 64, number=2)
    keys = {signer.kid: signer.public}
    assert problems(statement, keys) == problems(statement, None) == []
    text = json.dumps(statement)
    inside = text.index('"key": {"crv"')
    for place in [place for place, sign in enumerate(text[:inside]) if sign.isdigit()]:
        forged = text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]
        try:
            assert problems(json.loads(forged), keys), text[max(place - 20, 0) : place + 1]
        except NotAStatement:
            assert '"sha256"' in text[place - 6 : place + 4]


def test_a_forger_with_a_key_of_their_own_is_found_out_by_the_published_one() -> None:
    ours, theirs = drawn(), drawn()
    forged = exported(theirs)
    assert problems(forged, None) == []
    assert problems(forged, {ours.kid: ours.public}) == [f"The key {theirs.kid} is not at hand."]
    forged["signature"]["key_id"] = ours.kid
    assert "The signature is not of the key that the document names." in problems(forged, {ours.kid: ours.public})


def test_what_stands_beside_the_document_says_the_same() -> None:
    statement = exported(drawn()) | {"number": 1}
    assert problems(statement, None) == []
    assert problems(statement | {"number": 2}, None) == ["number says something else than the document."]
    assert problems(statement | {"remark": "paid"}, None) == ["remark is no part of a statement."]


def test_numbers_no_statement_holds_are_not_hashed() -> None:
    statement = exported(drawn())
    statement["document"]["number"] = 2**60
    assert "The document is not the one whose hash was taken." in problems(statement, None)


def test_a_chain_is_whole_or_says_where_it_is_not() -> None:
    signer = drawn()
    first = exported(signer)
    second = exported(signer, 2, first["sha256"])
    third = exported(signer, 3, second["sha256"])
    assert gaps([third, first, second, first]) == gaps([first]) == []
    assert gaps([first, third]) == ["Agreement a: between the statements 1 and 3 something is missing."]
    other = exported(signer, 2, "0" * 64)
    assert gaps([first, other]) == ["Agreement a: statement 2 does not follow statement 1."]
    assert gaps([second, other]) == ["Agreement a has two statements with the number 2."]


async def test_the_installation_draws_a_key_once_and_publishes_it(
    sla: Trial, office: Any, answered: Any, headers: Any
) -> None:
    assert answered(await sla.client.get("/statement-keys"), 200) == {"keys": []}
    statement = answered(await office.close(), 201)
    (key,) = answered(await sla.client.get("/statement-keys"), 200)["keys"]
    assert key["kid"] == statement["signature"]["key_id"] == statement["document"]["key_id"]
    path = f"/statements/{statement['id']}/export"
    found = answered(await sla.client.get(path, headers=office.shop.customer), 200)
    assert found["document"] == statement["document"]
    assert problems(found, keys_of({"keys": [key]})) == problems(statement, keys_of({"keys": [key]})) == []
    answered(await sla.client.get(path, headers=headers("customer", office.shop.offering_id)), 404)
    assert "d" not in key


async def test_a_replaced_key_stays_published_and_its_secret_goes(
    sla: Trial, office: Any, answered: Any, headers: Any, clock: Any
) -> None:
    first = answered(await office.close(), 201)
    for role in ("manager", "owner", "viewer"):
        answered(await sla.client.post("/statement-keys", headers=headers(role)), 403)
    fresh = answered(await sla.client.post("/statement-keys", headers=headers("admin")), 201)
    clock.instant = clock.instant.replace(month=3)
    second = answered(await office.close("2026-02"), 201)
    keys = answered(await sla.client.get("/statement-keys"), 200)
    assert [key["kid"] for key in keys["keys"]] == [fresh["kid"], first["signature"]["key_id"]]
    assert second["signature"]["key_id"] == fresh["kid"]
    assert [problems(one, keys_of(keys)) for one in (first, second)] == [[], []]
    assert gaps([first, second]) == []
    async with sla.work() as work:
        assert [one.kid for one in await work.session.scalars(select(StatementSecret))] == [fresh["kid"]]
    for statement in (first, second):
        assert (await office.verify(statement))["verified"]


async def test_a_key_of_the_settings_takes_over_and_is_replaced_there(
    sla: Trial, office: Any, answered: Any, headers: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answered(await office.close(), 201)
    monkeypatch.setenv("RAPPORT_STATEMENT_KEY", RFC_SEED)
    clock.instant = clock.instant.replace(month=3)
    second = answered(await office.close("2026-02"), 201)
    assert (second["signature"]["key_id"], second["document"]["key_id"]) == (RFC_THUMBPRINT, RFC_THUMBPRINT)
    assert second["signature"]["key_id"] != first["signature"]["key_id"]
    refused = answered(await sla.client.post("/statement-keys", headers=headers("admin")), 409)
    assert refused["type"].endswith("key-given-by-settings")
    async with sla.work() as work:
        assert not (await work.session.scalars(select(StatementSecret))).all()
    monkeypatch.delenv("RAPPORT_STATEMENT_KEY")
    clock.instant = clock.instant.replace(month=4)
    third = answered(await office.close("2026-03"), 201)
    assert third["signature"]["key_id"] not in {first["signature"]["key_id"], RFC_THUMBPRINT}
    async with sla.work() as work:
        assert len((await work.session.scalars(select(StatementKey))).all()) == 3


def test_a_thumbprint_is_of_the_key_alone() -> None:
    assert thumbprint(RFC_PUBLIC) == RFC_THUMBPRINT
