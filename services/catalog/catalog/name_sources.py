"""Where the catalog finds the names of the services, offerings and customers in its answers."""

from catalog.offerings import store
from catalog.offerings.model import CustomerReplica, Offering, Service
from common.names.references import NameSource

NAME_SOURCES = {
    "service": NameSource(Service.id, Service.name, store.restrict_to_visible_services),
    "offering": NameSource(Offering.id, Offering.name, store.restrict_to_visible_offerings),
    "customer": NameSource(
        CustomerReplica.customer_id,
        CustomerReplica.name,
        lambda work, query: work.select_visible(query, CustomerReplica.customer_id),
    ),
}
