"""Long-lived connections: what happens to receipts, told to open pages as server-sent events."""
