"""A package with a page, for tests."""
