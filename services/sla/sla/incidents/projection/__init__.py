"""The projection of reported events on incidents and clocks, the events that it emits, and its deadline loop."""
