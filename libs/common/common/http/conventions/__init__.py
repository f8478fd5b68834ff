"""What every service answers alike, whatever its rooms are: entity tags, and what the caller may do."""
