"""What a fiscal storage counts against: sizes, times and resources.

Sizes of documents, the 24 hours of a shift and the 30 days are the law's. How many documents fit and for how many days
a storage serves differ from model to model; these are ordinary values and a storage may be made with others.
"""

DAY = 86400  # seconds

SHIFT_SECONDS = DAY  # receipts are refused in a shift opened longer ago
UNDELIVERED_SECONDS = 30 * DAY  # age of the first undelivered document at which documents are refused
ANSWER_LATE_SECONDS = 2 * DAY  # age at which the warning “no answer of the operator” is raised

DAYS_15_MONTHS = 410  # key term of a 15-month storage with FFD 1.2 or excise goods; what test storages report
DAYS_36_MONTHS = 1110
DOCUMENTS_LIMIT = 250_000
DOCUMENTS_RESERVE = 2  # kept free for the last shift close and the storage's own closing report
UNDELIVERED_LIMIT = 250_000

WARN_DAYS_LEFT = 30
URGENT_DAYS_LEFT = 3
MEMORY_WARNING = 0.9  # unconfirmed: another source says 0.99

# Text of the protocol v1.1 refuses to close a shift too when an undelivered document is older than 30 days.
# Unconfirmed for storages of FFD 1.2.
CLOSE_SHIFT_NEEDS_DELIVERY = True

MAX_DOCUMENT = {1: 6144, 11: 6144, 2: 4096, 5: 4096, 6: 4096, 3: 32768, 4: 32768, 31: 32768, 41: 32768, 21: 32768}
MAX_TOTAL = (1 << 40) - 1  # kopecks: the sum of a receipt has five bytes in command 16h
