"""Rapport's feedback service: what people think of it."""
