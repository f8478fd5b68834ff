"""Drafts: terms as a manager writes them, and the checks that all terms pass before they are proposed."""
