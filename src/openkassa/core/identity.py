"""Abstract accounts of people, shared by the two projects, each of which has its own tables.

A person signs in with any of their identifiers (phone in E.164 form, or e-mail) and one password.
"""

from __future__ import annotations

from typing import ClassVar

import phonenumbers
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

from openkassa.core.clock import now
from openkassa.core.ids import uuid7


class PersonManager(BaseUserManager):
    def get_by_natural_key(self, username: str | None):
        return self.get(identifiers__value=normalise_identifier(username or "")[1])


class AbstractPerson(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    display_name = models.CharField(_("name"), max_length=200)
    language = models.CharField(_("language"), max_length=8, default="ru")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    USERNAME_FIELD = "id"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = PersonManager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.display_name


class IdentifierKind(models.TextChoices):
    PHONE = "phone", _("phone")
    EMAIL = "email", _("e-mail")


class AbstractLoginIdentifier(models.Model):
    """A phone or an e-mail that a person signs in with. The subclass adds `user`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=IdentifierKind.choices)
    value = models.CharField(max_length=254, unique=True)
    verified_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.value


def normalise_identifier(text: str) -> tuple[str, str]:
    """(kind, canonical value) of a phone or e-mail as a person types it. Raises `ValidationError`."""
    text = text.strip()
    if "@" in text:
        validate_email(text)
        return IdentifierKind.EMAIL, text.lower()
    try:
        number = phonenumbers.parse(text, "RU")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValidationError(_("Enter a phone with its country code, or an e-mail."), code="identifier")
    return IdentifierKind.PHONE, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class IdentifierBackend:
    """Signs a person in by identifier and password. An unknown identifier takes as long as a wrong password."""

    def authenticate(self, request, username: str | None = None, password: str | None = None, **_ignored):
        from django.contrib.auth import get_user_model

        if username is None or password is None:
            return None
        model = get_user_model()
        try:
            user = model.objects.get_by_natural_key(username)
        except (model.DoesNotExist, ValidationError):
            make_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id):
        from django.contrib.auth import get_user_model

        user = get_user_model().objects.filter(pk=user_id).first()
        return user if user is not None and user.is_active else None

    # Roles, not Django's permission tables, say what a person may do.
    def has_perm(self, user_obj, perm, obj=None) -> bool:
        return False
