"""The forms in which one address answers: chosen by what the client accepts, and tables as CSV."""
