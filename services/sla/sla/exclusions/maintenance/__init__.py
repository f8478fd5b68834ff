"""Planned maintenance: announced in windows, approved or refused by each side, carried out and completed."""
