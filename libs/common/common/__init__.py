"""The machinery that all services of Rapport share, without any knowledge of their domains."""
