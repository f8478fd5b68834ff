"""The reactions of this service to events, by event class."""

from common.events.reactions import Reaction, SetReaction, Subscriptions
from published.catalog import (
    OfferingAudienceChanged,
    OfferingPublished,
    OfferingRetired,
    ServiceDeleted,
    ServiceRegistered,
    ServiceRenamed,
)
from published.engagement import CustomerRegistered, CustomerRenamed
from published.feedback import SatisfactionMeasured
from published.sla import (
    AgreementResumed,
    AgreementSuspended,
    MaintenanceAnnounced,
    MaintenanceApproved,
    MaintenanceCancelled,
    MaintenanceFinished,
)
from sla.agreements import reactions
from sla.improvements.reactions import record_satisfaction
from sla.incidents import reactions as incidents

SUBSCRIPTIONS: Subscriptions = {
    OfferingPublished: SetReaction("sla.agreements.reactions.note_offering", reactions.upsert_offerings),
    OfferingRetired: SetReaction("sla.agreements.reactions.note_retirement", reactions.mark_offerings_retired),
    OfferingAudienceChanged: SetReaction("sla.agreements.reactions.note_audience", reactions.change_audiences),
    ServiceDeleted: SetReaction("sla.agreements.reactions.forget_service", reactions.delete_services),
    ServiceRegistered: SetReaction("sla.agreements.reactions.note_service", reactions.upsert_services),
    ServiceRenamed: SetReaction("sla.agreements.reactions.note_service", reactions.upsert_services),
    CustomerRegistered: SetReaction("sla.agreements.reactions.note_customer", reactions.upsert_customers),
    CustomerRenamed: SetReaction("sla.agreements.reactions.note_customer", reactions.upsert_customers),
    SatisfactionMeasured: Reaction("sla.improvements.reactions.note_satisfaction", record_satisfaction),
    # Events of this service itself: rooms form no circle, so that agreements do not know incidents.
    AgreementSuspended: Reaction("sla.incidents.reactions.note_suspension", incidents.recheck_after_suspension),
    AgreementResumed: Reaction("sla.incidents.reactions.note_suspension", incidents.recheck_after_suspension),
    MaintenanceAnnounced: Reaction("sla.incidents.reactions.note_maintenance", incidents.recheck_after_maintenance),
    MaintenanceApproved: Reaction("sla.incidents.reactions.note_maintenance", incidents.recheck_after_maintenance),
    MaintenanceCancelled: Reaction("sla.incidents.reactions.note_maintenance", incidents.recheck_after_maintenance),
    MaintenanceFinished: Reaction("sla.incidents.reactions.note_maintenance", incidents.recheck_after_maintenance),
}
