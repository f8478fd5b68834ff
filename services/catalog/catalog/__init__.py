"""Rapport's catalog service: what IT offers."""
