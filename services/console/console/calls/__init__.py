"""Calls of the services' HTTP interfaces with the access token of the signed-in person."""
