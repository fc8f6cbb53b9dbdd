"""Fiscal document formats (ФФД): tags, TLV, documents, presence rules, VAT, printed form, QR."""
