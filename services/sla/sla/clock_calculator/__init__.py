"""Clocks that anybody may ask: when something is due, how much service time has counted, and where each second went."""
