"""The HTTP interface of a service: the unit of work per request, problems, paging, idempotency, OpenAPI, health."""
