"""The chapters of the demo: each adds one part of the sample organisation over HTTP."""
