"""The two Django projects: kassa (merchant side and service company) and ofd (the operator)."""
