"""The views of statements, their verification and their keys over HTTP."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from common.names.references import Reference, look_up
from common.views import Instant, RequiredText, View
from sla.agreements.review_periods import parse_period_key
from sla.compliance.statements.model import Statement, StatementKey
from sla.compliance.statements.signing import to_jwk
from sla.hours.time_zones import FIRST_YEAR, LAST_YEAR


def _check_period_key(text: str) -> str:
    if not FIRST_YEAR <= parse_period_key(text).year < LAST_YEAR:
        raise ValueError(f"must be between {FIRST_YEAR} and {LAST_YEAR - 1}, when agreements can run")
    return text


PeriodKey = Annotated[str, StringConstraints(max_length=10), AfterValidator(_check_period_key)]


class NewStatement(View):
    period: PeriodKey = Field(
        description="The key of a review period, in the zone of the service hours.", examples=["2026-10", "2026-Q4"]
    )


class NewRestatement(View):
    reason: RequiredText = Field(examples=["A probe was misread."])


class StatementFacts(View):
    """Fields that all repeat the signed document, as `rapport verify` checks."""

    id: UUID
    agreement_id: UUID
    customer_id: UUID
    number: int = Field(description="Its place in the chain of the agreement's statements.")
    period: str
    period_from: Instant
    period_to: Instant
    revision: int
    performance: Decimal | None = Field(description="Mean of what was attained, by weight, in percent.")
    met: bool | None
    sha256: str = Field(description="Of the document's canonical JSON (RFC 8785).")
    previous_sha256: str | None
    issued_at: Instant


class StatementSummary(StatementFacts):
    customer: Reference = look_up("customer")


class StatementSignatureView(View):
    algorithm: Literal["Ed25519"] = "Ed25519"
    key_id: str = Field(description="Of the key as GET /sla/v1/statement-keys publishes it.")
    value: str = Field(description="Over the 32 bytes of the hash, in base64url.")

    @classmethod
    def from_entity(cls, statement: Statement) -> Self:
        return cls(key_id=statement.kid, value=statement.signature)


class StatementView(StatementFacts):
    document: dict[str, Any]
    signature: StatementSignatureView

    @classmethod
    def from_entity(cls, statement: Statement) -> Self:
        return super().from_entity(statement, signature=StatementSignatureView.from_entity(statement))


class StatementKeyView(View):
    """A JSON Web Key (RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    alg: str
    use: str

    @classmethod
    def from_entity(cls, key: StatementKey) -> Self:
        return cls.model_validate(to_jwk(key.public))


class PublishedKeyView(StatementKeyView):
    """A JSON Web Key with the time in which its signatures count."""

    valid_until: Instant | None = Field(description="When another key took its place.")
    revoked_since: Instant | None = Field(description="Signatures from then on are not to be trusted.")

    @classmethod
    def from_entity(cls, key: StatementKey) -> Self:
        times = {"valid_until": key.retired_at, "revoked_since": key.revoked_since}
        return cls.model_validate(to_jwk(key.public) | times)


class KeyRevocation(View):
    since: Instant = Field(description="From when on somebody else may have signed with the key.")


class StatementKeySetView(View):
    keys: list[PublishedKeyView] = Field(description="Newest first; keys that are no longer in use stay listed.")


class StatementExport(View):
    """A statement with all that `rapport verify` needs to check it offline."""

    document: dict[str, Any]
    sha256: str
    signature: StatementSignatureView
    key: StatementKeyView = Field(description="For convenience: trust the published one.")

    @classmethod
    def from_entity(cls, statement: Statement, key: StatementKey) -> Self:
        signature = StatementSignatureView.from_entity(statement)
        return super().from_entity(statement, signature=signature, key=StatementKeyView.from_entity(key))


class ClosingRefusalView(View):
    agreement_id: UUID
    rule: str = Field(description="The last part of the problem type.")
    message: str


class ClosingView(View):
    closed: int = Field(description="Periods that got their statement.")
    restated: int
    refused: list[ClosingRefusalView]


class StatementDifferenceView(View):
    field: str
    stated: Any
    found: Any


class StatementVerificationView(View):
    verified: bool = Field(description="Untouched, chained, signed and recomputed, all of them.")
    untouched: bool = Field(description="The document still has its hash.")
    chained: bool = Field(description="So has every statement before it, and each names the hash of the one before.")
    signed: bool = Field(description="The signature fits the hash and the published key, which was not revoked then.")
    recomputed: bool = Field(description="The stored measurements give the same result, bit for bit.")
    differences: list[StatementDifferenceView]
