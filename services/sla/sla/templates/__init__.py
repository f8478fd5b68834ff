"""Agreement templates: terms kept under a name, in which is left open what differs from agreement to agreement."""
