"""Every mapped entity of this service, so that its metadata is complete, and those that a replay rebuilds."""

import sla.agreements.notice
import sla.alerts.model
import sla.backtests.model
import sla.causes.model
import sla.chains.model
import sla.closure_calendars.model
import sla.compliance.forecast.model
import sla.compliance.statements.model
import sla.contracts.model
import sla.corrections.model
import sla.exclusions.maintenance.model
import sla.exclusions.waivers.model
import sla.incidents.clocks.model
import sla.incidents.model
import sla.indicators.model
import sla.issues.customer_importance
import sla.issues.model
import sla.measurements.model
import sla.negotiations.model
import sla.push_keys.model
import sla.requirements.model
import sla.templates.model
from common.database.machinery_tables import machinery_tables
from sla.agreements.model import CustomerReplica, OfferingReplica, ServiceReplica
from sla.improvements.model import SatisfactionReplica
from sla.schema import Base

machinery_tables(Base.metadata)

PROJECTIONS = (CustomerReplica, OfferingReplica, ServiceReplica, SatisfactionReplica)
