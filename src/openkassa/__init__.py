"""OpenKassa: a self-hosted cloud cash-register platform."""

__version__ = "0.1.0"
