"""Pages on which a shop is connected: channels, and the keys that open them."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openkassa.core.ids import uuid7
from openkassa.core.tenancy import within
from openkassa.kassa.receipts.channels import (
    CACHE_SECONDS,
    channel_change,
    channel_create,
    channel_key_create,
    channel_key_revoke,
    channel_marking_set,
)
from openkassa.kassa.receipts.models import Channel, ChannelKey
from openkassa.kassa.receipts.selectors import channel_get, channel_keys
from openkassa.kassa.registers.models import Pool
from openkassa.web.access import role_required
from openkassa.web.addresses import api_addresses
from openkassa.web.channel_forms import ChannelForm, NewChannelForm, PublicKeyForm, credential_of
from openkassa.web.places import offset_of
from openkassa.web.requests import MemberRequest

KEYS_LIMIT = 20  # keys in use of one channel


@require_GET
@role_required("owner", "manager")
def connect(request: MemberRequest) -> HttpResponse:
    """What a shop's developer has to enter: addresses and channels."""
    with within(request.organisation_id):
        channels = list(Channel.objects.order_by("name"))
        has_pools = Pool.objects.exists()
    return render(request, "web/connect.html", {"channels": channels, "has_pools": has_pools, **api_addresses()})


@require_http_methods(["GET", "POST"])
@role_required("owner", "manager")
def channel_new(request: MemberRequest) -> HttpResponse:
    form = NewChannelForm(request.organisation_id, request.POST if request.method == "POST" else None)
    if form.is_valid():
        values = form.cleaned_data
        try:
            with transaction.atomic():
                made = channel_create(
                    organisation_id=request.organisation_id,
                    kind=values["kind"],
                    code=values["code"],
                    name=values["name"],
                    pool_id=values["pool_id"],
                    callback_url=values["callback_url"],
                    expire_after=form.expire_after,
                )
        except IntegrityError:  # the form was sent twice, or two people chose one code
            form.add_error("code", _("Another channel of this protocol has this code."))
        else:
            messages.success(request, _("The channel is made. Now make a key for the shop."))
            return redirect("channel", channel_id=made.id)
    return render(request, "web/channel_new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@role_required("owner", "manager")
def channel(request: MemberRequest, channel_id: uuid.UUID) -> HttpResponse:
    """A channel's settings and keys; takes the form of the settings."""
    found = _channel(request, channel_id)
    form = ChannelForm.of(found, request.POST if request.method == "POST" else None)
    if form.is_valid():
        channel_change(
            organisation_id=request.organisation_id,
            channel_id=channel_id,
            name=form.cleaned_data["name"],
            callback_url=form.cleaned_data["callback_url"],
            expire_after=form.expire_after,
            is_active=form.cleaned_data["is_active"],
        )
        if form.new_marking_key is not None:
            channel_marking_set(
                organisation_id=request.organisation_id, channel_id=channel_id, api_key=form.new_marking_key
            )
        messages.success(request, _("Saved."))
        return redirect("channel", channel_id=channel_id)
    return _page(request, found, form, status=422 if form.is_bound else 200)


@require_POST
@role_required("owner", "manager")
def key_new(request: MemberRequest, channel_id: uuid.UUID) -> HttpResponse:
    """Makes a key and shows its secret: now, and never again. A form that is sent twice makes one key."""
    found = _channel(request, channel_id)
    try:
        key_id = uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return redirect("channel", channel_id=channel_id)
    if sum(key.revoked_at is None for key in channel_keys(request.organisation_id, channel_id)) >= KEYS_LIMIT:
        messages.error(request, _("The channel has %(count)s keys. Revoke those not in use.") % {"count": KEYS_LIMIT})
        return redirect("channel", channel_id=channel_id)
    parts = credential_of(found.kind)
    public = PublicKeyForm(request.POST) if parts.public else None
    if public is not None and not public.is_valid():
        return _page(request, found, ChannelForm.of(found), public=public, status=422)
    login, secret = parts.new_login(), parts.new_secret() if parts.secret else ""
    try:
        with transaction.atomic():
            channel_key_create(
                channel=found, login=login, secret=secret, key_id=key_id,
                public_key=public.cleaned_data["public_key"] if public is not None else None,
            )  # fmt: skip
    except IntegrityError:
        messages.warning(request, _("This key was made already, and its secret was shown once. Make another one."))
        return redirect("channel", channel_id=channel_id)
    code = found.code if parts.code else ""
    shown = [(parts.code, code), (parts.login, login), (parts.secret, secret)]
    made = [(label, value) for label, value in shown if label]
    return _page(request, found, ChannelForm.of(found), made=made)


@require_POST
@role_required("owner", "manager")
def key_revoke(request: MemberRequest, channel_id: uuid.UUID, key_id: uuid.UUID) -> HttpResponse:
    found = _channel(request, channel_id)
    if not any(key.id == key_id for key in channel_keys(request.organisation_id, channel_id)):
        raise Http404
    channel_key_revoke(organisation_id=request.organisation_id, key_id=key_id)
    messages.success(request, _("The key is revoked. It opens nothing any more."))
    return redirect("channel", channel_id=found.id)


def _channel(request: MemberRequest, channel_id: uuid.UUID) -> Channel:
    found = channel_get(request.organisation_id, channel_id)
    if found is None:
        raise Http404
    return found


def _page(
    request: MemberRequest,
    found: Channel,
    form: ChannelForm,
    *,
    made: list[tuple] | None = None,
    public: PublicKeyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a channel. `made`: parts of a key that has just been made, as (word, value)."""
    parts = credential_of(found.kind)
    organisation_id = request.organisation_id
    keys: list[ChannelKey] = channel_keys(organisation_id, found.id)
    with within(organisation_id):
        pool = Pool.objects.get(id=found.pool_id)
    context = {
        "channel": found,
        "pool": pool,
        "parts": parts,
        "public": (public or PublicKeyForm()) if parts.public else None,
        "keys": keys,
        "only_key": sum(key.revoked_at is None for key in keys) == 1,
        "seconds": int(CACHE_SECONDS),
        "new_key": uuid7(),
        "made": made,
        "form": form,
        "offset": offset_of(organisation_id),
    }
    return render(request, "web/channel.html", context, status=status)
