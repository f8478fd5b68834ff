"""The names of agreements, where an answer says their ids alone."""

from collections.abc import Collection

from console.calls.service_client import ServiceCalls


async def load_agreement_names(services: ServiceCalls, agreement_ids: Collection[str]) -> dict[str, str]:
    """Load the names in one call, by id."""
    if not agreement_ids:
        return {}
    agreements = await services.get("/sla/v1/agreements", id=sorted(agreement_ids))
    return {agreement["id"]: agreement["name"] for agreement in agreements["items"]}
