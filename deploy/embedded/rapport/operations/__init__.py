"""What an operator does with a running Rapport: checks, dead letters, replays, verification of statements."""
