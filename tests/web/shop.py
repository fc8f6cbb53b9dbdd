"""Organisations with people for tests of pages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from tests.support.world import World, make_world

from openkassa.kassa.people.models import User
from openkassa.kassa.people.services import membership_create, user_create

PASSWORD = "a long enough password"


@dataclass
class Shop:
    world: World
    owner: User

    @property
    def organisation_id(self) -> uuid.UUID:
        return self.world.organisation_id


def make_shop(name: str, login: str) -> Shop:
    return staffed(make_world(name=name), login)


def staffed(world: World, login: str, role: str = "owner", display_name: str = "Айгүл Ыдырысова") -> Shop:
    """`world` with somebody to look at its pages."""
    return Shop(world=world, owner=member(world, login, role, display_name))


def member(world: World, login: str, role: str, display_name: str = "Марат") -> User:
    user = user_create(display_name=display_name, identifier=login, password=PASSWORD)
    membership_create(organisation_id=world.organisation_id, user_id=user.id, role=role)
    return user
