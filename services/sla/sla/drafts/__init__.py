"""Drafts: terms as a manager writes them, and what any terms keep to before they are put on the table."""
