"""Addresses of web."""

urlpatterns: list = []
