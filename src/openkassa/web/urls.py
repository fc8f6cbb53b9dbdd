"""Addresses of the pages of the merchant side."""

from django.urls import include, path

from openkassa.web import account, cabinet, channels, check, correction, lost, prepayments, public, registers, storages

urlpatterns = [
    path("", include("openkassa.ui.urls")),
    path("", public.landing, name="landing"),
    path("r/<uuid:receipt_id>/<str:token>", public.receipt, name="public-receipt"),
    path("r/<uuid:receipt_id>/<str:token>/live", public.receipt_live, name="public-receipt-live"),
    path("r/<uuid:receipt_id>/<str:token>/pdf", public.receipt_pdf, name="public-receipt-pdf"),
    path("login", account.sign_in, name="login"),
    path("logout", account.sign_out, name="logout"),
    path("profile", account.profile, name="profile"),
    path("organisation", account.switch_organisation, name="organisation"),
    path("receipts", cabinet.receipts, name="receipts"),
    path("receipts.xlsx", cabinet.receipts_excel, name="receipts-excel"),
    path("receipts/<uuid:receipt_id>", cabinet.receipt, name="receipt"),
    path("receipts/<uuid:receipt_id>/live", cabinet.receipt_live, name="receipt-live"),
    path("receipts/<uuid:receipt_id>/refund", cabinet.refund, name="refund"),
    path("receipts/<uuid:receipt_id>/offset", prepayments.offset, name="offset"),
    path("prepayments", prepayments.prepayments, name="prepayments"),
    path("receipts/<uuid:receipt_id>/correction", correction.correction, name="correction"),
    path("receipts/<uuid:receipt_id>/callbacks/<uuid:callback_id>", cabinet.callback_resend, name="callback-resend"),
    path("registers", registers.registers, name="registers"),
    path("registers/<uuid:register_id>", registers.register, name="register"),
    path("registers/<uuid:register_id>/live", registers.register_live, name="register-live"),
    path("registers/<uuid:register_id>/storage", storages.storage, name="register-storage"),
    path("registers/<uuid:register_id>/storage/live", storages.storage_live, name="register-storage-live"),
    path("registers/<uuid:register_id>/storage/close", storages.storage_close, name="register-storage-close"),
    path("registers/<uuid:register_id>/lost", lost.register_lost, name="register-lost"),
    path("receipts/<uuid:receipt_id>/doubt", lost.receipt_doubt, name="receipt-doubt"),
    path("registers/<uuid:register_id>/commands", registers.register_command, name="register-command"),
    path("connect", channels.connect, name="connect"),
    path("connect/new", channels.channel_new, name="channel-new"),
    path("connect/check", check.check, name="check-request"),
    path("connect/<uuid:channel_id>", channels.channel, name="channel"),
    path("connect/<uuid:channel_id>/keys", channels.key_new, name="key-new"),
    path("connect/<uuid:channel_id>/keys/<uuid:key_id>/revoke", channels.key_revoke, name="key-revoke"),
]
