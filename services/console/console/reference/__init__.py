"""The reference of all HTTP interfaces: one OpenAPI document of all services."""
