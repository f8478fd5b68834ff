"""Assess each kind of objective: a share of minutes, slices, events, observations, hours or incidents."""
