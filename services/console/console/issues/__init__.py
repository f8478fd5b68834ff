"""Issues: the queue by priority, and one issue with its breaches, tasks and activity."""
