"""Notices: renewal, suspension, resumption and termination of signed agreements."""
