"""Concerns: circumstances that may become a breach, and open issues where an installation wants that."""
