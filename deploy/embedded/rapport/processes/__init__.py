"""Child processes: started, watched and stopped, with the ports and signals they need."""
