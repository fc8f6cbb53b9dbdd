"""Measurements that the README quotes. Run with `kassa bench`."""
