"""Customers, how they belong to each other, and their people. Names and addresses of people stay in this room."""
