"""Invitations and answers: who was asked, and what was answered, without a link from the one to the other."""
