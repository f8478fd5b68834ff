"""Where feedback finds the names of the customers, and the roles of the people, in its answers."""

from common.names.references import NameSource
from feedback.audience.model import CustomerReplica, MemberReplica

NAME_SOURCES = {
    "customer": NameSource(
        CustomerReplica.customer_id,
        CustomerReplica.name,
        lambda work, query: work.select_visible(query, CustomerReplica.customer_id),
    ),
    "person": NameSource(
        MemberReplica.person_id,
        MemberReplica.role,
        lambda work, query: work.select_visible(query, MemberReplica.customer_id),
    ),
}
