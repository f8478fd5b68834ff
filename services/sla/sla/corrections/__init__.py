"""Corrections: the reasons to restate closed periods, recorded where they arise and used by the restatement job."""
