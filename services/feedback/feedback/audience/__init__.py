"""The replica of the customers and people of engagement who can be asked."""
