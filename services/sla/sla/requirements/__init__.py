"""Service level requirements: what customers want, and the objectives that answer them."""
