"""The tree of customers and their people, whose names and addresses never leave this room."""
