"""Which event of another service has which reaction here: none yet."""

from common.service import Subscriptions

SUBSCRIPTIONS: Subscriptions = {}
