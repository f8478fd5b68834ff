"""Clocks: when something is due, how much time has counted, and where each second went."""
