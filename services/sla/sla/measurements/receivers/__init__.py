"""Receivers: the push protocols over HTTP, each decoded into one form.

A push that cannot be decoded is refused here as a whole; labels and instants are refused by `ingest.refusals`.
"""
