"""The KKT→OFD server: receives, checks, stores and acknowledges fiscal documents.

`server` holds the connections, `checks` judges one container, `writer` and `store` put batches into the database,
`verifier` is the place of the operator's cryptographic module. No Django here: the process starts fast and its
loop never waits for the database.
"""
