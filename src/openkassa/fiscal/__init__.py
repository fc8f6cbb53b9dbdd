"""The law as code: fiscal formats, the fiscal storage and the KKT-OFD wire. No Django, no I/O, no clock."""
