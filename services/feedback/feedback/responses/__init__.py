"""Invitations and answers: who was asked and what was answered, without a link between them."""
