"""Histograms: how they are read, divided into buckets, held as columns, and turned into what was observed per minute.

Everything in here is computed from numbers alone; nothing knows the database or HTTP.
"""
