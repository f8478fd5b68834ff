"""Rapport's engagement service: customers, their people and what they need."""
