"""What the exchange counts, in Prometheus' terms."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

CONNECTIONS = Gauge("ofd_connections", "Connections of cash registers that are open")
HELD_BYTES = Gauge("ofd_held_bytes", "Bytes of messages that are being received or written")
DOCUMENTS = Counter("ofd_documents", "Documents acknowledged for the first time, by answer code (tag 1022)", ["code"])
REPEATED = Counter("ofd_documents_repeated", "Documents that came again and got the stored acknowledgement")
REFUSED = Counter("ofd_refused", "Connections closed without an answer, by reason", ["reason"])
PINGS = Counter("ofd_pings", "Service messages without a document that were answered")
DATABASE_FAILURES = Counter("ofd_database_failures", "Batches that could not be written")
BATCH_DOCUMENTS = Histogram(
    "ofd_batch_documents", "Documents in one commit", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500)
)
BATCH_SECONDS = Histogram(
    "ofd_batch_seconds", "Time of one commit", buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5)
)
ANSWER_SECONDS = Histogram(
    "ofd_answer_seconds",
    "From the last byte of a document to its answer",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30),
)
