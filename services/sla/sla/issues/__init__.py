"""Issues: what missed objectives and possible breaches have in common, how pressing it is, and what is done about it.

A breach opens an issue or joins the one of the same cause; triage puts it into the queue; people resolve it by a plan.
"""
