"""Objectives and indicators in and out of OpenSLO v1, the open format for service level objectives."""
