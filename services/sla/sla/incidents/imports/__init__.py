"""Imports of incidents from CSV files of service desks: rows become the events that a tool would report."""
