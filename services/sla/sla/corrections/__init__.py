"""What has to be stated again: noted where it happens, done where statements are made."""
