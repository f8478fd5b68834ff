"""The assessment calculator: assesses one objective from the data of the request itself, and stores nothing."""
