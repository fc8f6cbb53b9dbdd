"""What every room stands on: settings, ids, clock, tenancy, secrets, outgoing HTTP, outbox, notifications."""
