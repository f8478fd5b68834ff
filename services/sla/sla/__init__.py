"""Rapport's sla service: what IT promised, and what it delivered."""
