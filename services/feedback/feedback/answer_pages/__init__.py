"""The page on which a person answers a survey: opened by the link of an invitation, with nothing but a browser."""
