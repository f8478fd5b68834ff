"""Renewal, suspension, resumption and termination of signed agreements, by one side or with the consent of both."""
