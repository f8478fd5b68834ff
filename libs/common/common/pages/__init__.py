"""Pages that people open: one base template and style, and a policy that lets a page load nothing from elsewhere."""
