"""QR codes by which buyers pay: the Kyrgyz national one (ELQR) and Russia's СБП. No Django, no I/O.

A code says whom to pay and how much; it proves nothing. A checksum guards against slips of reading alone: whoever
changes a code can count it anew, so what is owed comes from the intent on our side and never from a code.
"""
