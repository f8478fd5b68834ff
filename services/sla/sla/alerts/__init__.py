"""Alerts: when each alert of Alertmanager fired. They open incidents, and are downtime where an indicator says so."""
