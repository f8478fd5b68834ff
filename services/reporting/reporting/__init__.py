"""Rapport's reporting service: the figures stakeholders can trust and re-compute."""
