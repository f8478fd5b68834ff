"""Formats with a sample on each line: Prometheus' text format, and the line protocol of InfluxDB."""
