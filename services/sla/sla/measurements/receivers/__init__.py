"""Receivers: the push protocols over HTTP, each decoded into one form. What a push may hold is refused here."""
