"""Where reporting finds the names of the customers in its answers."""

from common.names.references import NameSource
from reporting.scorecards.model import CustomerReplica

NAME_SOURCES = {
    "customer": NameSource(
        CustomerReplica.customer_id,
        CustomerReplica.name,
        lambda work, query: work.select_visible(query, CustomerReplica.customer_id),
    ),
}
