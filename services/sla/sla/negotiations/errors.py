"""The rules of negotiating that a request can break."""

from common.errors import Conflict, Invalid


class ChainFallsShort(Conflict, slug="chain-falls-short"):
    """The provider needs a reason to sign what its supporting agreements cannot hold."""


class CounterProposalChangesNothing(Conflict, slug="counter-proposal-changes-nothing"):
    """A counter-proposal changes the terms on the table; accept them if you agree."""


class NothingProposed(Conflict, slug="nothing-proposed"):
    """A draft has to be proposed before anyone can object to it, accept it or sign it."""


class ObjectiveNotProposed(Invalid, slug="objective-not-proposed"):
    """An answer names objectives of the proposal on the table."""


class OwnProposalAnswered(Conflict, slug="own-proposal-answered"):
    """A proposal is answered by the other side, and by another person."""


class ProposalAlreadyAccepted(Conflict, slug="proposal-already-accepted"):
    """Every objective has been accepted; sign the terms, or propose others."""


class ProposalAwaitsAnswer(Conflict, slug="proposal-awaits-answer"):
    """The other side has to accept the proposal, object to it or propose something else."""


class ProposalNotAccepted(Conflict, slug="proposal-not-accepted"):
    """Terms are signed once the other side has accepted them."""


class ProviderProposesFirst(Conflict, slug="provider-proposes-first"):
    """The provider, who drafted the terms, makes the first proposal."""


class SameSignatory(Conflict, slug="same-signatory"):
    """The same person cannot sign for both sides."""


class SideAlreadySigned(Conflict, slug="side-already-signed"):
    """Each side signs once."""


class SignatureForOtherTerms(Conflict, slug="signature-for-other-terms"):
    """A signature names, by their SHA-256, exactly the terms that were accepted."""


class TermsPartlySigned(Conflict, slug="terms-partly-signed"):
    """One side has signed: the other side signs these terms, or the negotiation ends."""
