"""The start page: what Rapport is, or, for who is signed in, how customers fare and what needs attention."""
