"""Who is bound to a customer is bound to it whatever the token's roles are."""

from uuid import UUID

import pytest

from common.auth import Role
from common.auth.principal import SYSTEM, Principal

OWN, OTHER = UUID(int=1), UUID(int=2)
STAFF = (Role.admin, Role.manager, Role.owner, Role.viewer)


@pytest.mark.parametrize("role", STAFF)
def test_a_role_of_the_staff_is_worth_nothing_beside_a_customer(role: Role) -> None:
    bound, staff = Principal("ada", frozenset({role}), OWN), Principal("ada", frozenset({role}))

    assert staff.has_role(role)
    assert not bound.has_role(*STAFF)
    assert not bound.has_role(Role.admin, Role.manager, Role.customer)  # to act for the customer
    assert bound.has_role(*Role)  # to read as the customer
    assert not Principal("ada", frozenset(), OWN).has_role(*Role)


def test_the_role_customer_acts_for_its_customer_and_no_other() -> None:
    customer = Principal("grace", frozenset({Role.customer}), OWN)

    assert customer.has_role(Role.admin, Role.manager, Role.customer)
    assert not customer.has_role(*STAFF)
    assert (customer.may_see(OWN), customer.may_see(OTHER), customer.may_see(None)) == (True, False, False)


def test_the_staff_and_the_system_see_every_customer() -> None:
    for principal in (Principal("ada", frozenset({Role.viewer})), SYSTEM):
        assert principal.may_see(OWN)
        assert principal.may_see(None)
