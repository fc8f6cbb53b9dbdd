"""Addresses of api."""

urlpatterns: list = []
