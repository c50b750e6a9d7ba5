"""Who asks, and what they may see: the one place that lets a row of a union through (R89, R91)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from handlers.errors import HandlerError
from storage import admins, contacts
from storage.accounts import Account
from storage.admins import Admin
from storage.contacts import Contact


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: an admin of the province, or somebody who speaks for one union.

    `label` goes into audit rows ("admin:3", "contact:12", "account:nanjing"); it names nobody
    and holds no number. `union_code` None with `is_admin` False may see no union at all.
    """

    label: str
    name: str
    is_admin: bool = False
    union_code: str | None = None
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Roles:
    """What a person in a chat is, beside somebody who submits."""

    admin: Admin | None
    contact: Contact | None

    @property
    def names(self) -> list[str]:
        """As the simulator's state shows them (INTERFACES)."""
        held = [("contact", self.contact), ("admin", self.admin)]
        return ["submitter", *(name for name, role in held if role is not None)]

    @property
    def actor(self) -> Actor:
        """An admin acts as such; a contact for the own union; anybody else for nobody."""
        if self.admin is not None:
            return Actor(
                f"admin:{self.admin.id}", self.admin.name, is_admin=True, person_id=self.admin.person_id
            )
        if self.contact is not None:
            contact = self.contact
            return Actor(
                f"contact:{contact.id}",
                contact.name,
                union_code=contact.union_code,
                person_id=contact.person_id,
            )
        return Actor("person", "")


def roles_of(session: Session, campaign: str, person_id: int) -> Roles:
    """The roles that a person holds now; one that was ended or revoked is none."""
    return Roles(
        admins.find_of_person(session, person_id), contacts.find_active(session, campaign, person_id)
    )


def actor_of_account(account: Account, name: str) -> Actor:
    """Who is signed in on the pages."""
    if account.admin_id is not None:
        return Actor(f"admin:{account.admin_id}", name, is_admin=True)
    return Actor(f"account:{account.union_code}", name, union_code=account.union_code)


def require_admin(actor: Actor) -> None:
    """HandlerError unless an admin asks (R18)."""
    if not actor.is_admin:
        raise HandlerError("access/admins_only")


def require_union(actor: Actor, union_code: str) -> None:
    """HandlerError unless the actor may see this union: an admin all, others the own one.

    Whether the union exists makes no difference to the answer.
    """
    if not actor.is_admin and actor.union_code != union_code:
        raise HandlerError("access/own_union_only")
