"""What each service tells the others: one module of events per service."""
