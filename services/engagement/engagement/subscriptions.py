"""The reactions of this service to the events of others: none yet."""

from common.service import Subscriptions

SUBSCRIPTIONS: Subscriptions = {}
