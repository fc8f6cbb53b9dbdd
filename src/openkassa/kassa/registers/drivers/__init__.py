"""Drivers of cash registers: what makes fiscal documents, behind one protocol. Free of Django."""
