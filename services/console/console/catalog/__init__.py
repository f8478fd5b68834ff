"""The catalog: services and their offerings with prices."""
