"""Signing in and out: at an identity provider, or by choosing a role where the development issuer runs."""
