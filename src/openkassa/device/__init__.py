"""Emulated cash registers: a process that hosts one or many, each with its fiscal storage and its journal on disk.

The platform speaks to it by the driver protocol (`openkassa.fiscal.driver`) and shares nothing else with it; the device
delivers its documents to the operator by itself. What is answered was on disk before (see `journal`).
"""
