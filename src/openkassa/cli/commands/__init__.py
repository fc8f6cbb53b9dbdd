"""Subcommands of `kassa`, a module each."""
