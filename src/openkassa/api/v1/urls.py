"""Addresses of v1."""

from django.urls import path

from openkassa.api.v1 import openapi, views

urlpatterns = [
    path("receipts", views.receipts),
    path("receipts/batch", views.batch),
    path("receipts/<str:receipt_id>", views.receipt),
    path("receipts/<str:receipt_id>/refund", views.refund),
    path("receipts/<str:receipt_id>/withdraw", views.withdraw),
    path("receipts/<str:receipt_id>/offset", views.offset),
    path("prepayments", views.prepayments),
    path("receipts/<str:receipt_id>/correction", views.correction),
    path("receipts/<str:receipt_id>/correction/preview", views.correction_preview),
    path("validate", views.validate),
    path("openapi.json", openapi.document_view),
    path("docs", openapi.page_view),
    path("docs.css", openapi.style_view),
    path("", views.unknown_path),
    path("<path:rest>", views.unknown_path),
]
