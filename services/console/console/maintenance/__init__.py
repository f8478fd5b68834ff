"""Planned maintenance: what is announced, and its approval or refusal for one's side."""
