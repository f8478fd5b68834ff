"""Alerts of Alertmanager: from when to when each fired. They open incidents, and are downtime where it is so bound."""
