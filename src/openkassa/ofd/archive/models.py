"""What the operator keeps: registers as their reports describe them, documents, and the bytes of both directions.

Documents and their bytes are insert-only: triggers refuse UPDATE and DELETE, and the role of the processes has
neither right (`append_only` tells `kassa migrate`). They are written by `openkassa.ofd.exchange` alone, with SQL of its
own; Django reads them.
"""

from __future__ import annotations

from django.db import models

from openkassa.core.ids import uuid7
from openkassa.core.states import append_only


class Register(models.Model):
    """A cash register (ККТ) with one fiscal storage, as the last report of registration (form 1 or 11) describes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fn = models.CharField(max_length=16, unique=True, db_collation="C")  # 1041
    rnm = models.CharField(max_length=20, db_collation="C")  # 1037
    inn = models.CharField(max_length=12, db_collation="C")  # 1018
    user_name = models.CharField(max_length=256)  # 1048
    address = models.CharField(max_length=256)  # 1009
    place = models.CharField(max_length=256)  # 1187
    serial = models.CharField(max_length=20)  # 1013
    ffd = models.SmallIntegerField()  # 1209
    report_fd = models.IntegerField()  # number of the report that this row was read from
    report_local_time = models.BigIntegerField()  # 1012 of it, till-local seconds
    first_seen_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["inn", "fn"], name="register_inn"),
            models.Index(fields=["rnm"], name="register_rnm"),
        ]

    def __str__(self) -> str:
        return f"{self.rnm} · {self.fn}"


class Document(models.Model):
    """A fiscal document that was received, checked and acknowledged.

    Numbers are zero and strings empty where the document lacks the tag or wasn't recognised (code 11).
    A buyer's search (ФН, ФД, ФПД) needs no index but the unique one.
    """

    append_only = True
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fn = models.CharField(max_length=16, db_collation="C")
    fd = models.IntegerField()
    form = models.SmallIntegerField()
    ffd = models.SmallIntegerField()  # 1209
    shift = models.IntegerField()  # 1038
    number = models.IntegerField()  # 1042, in the shift
    local_time = models.BigIntegerField()  # 1012, till-local seconds since 1970-01-01
    fiscal_sign = models.BigIntegerField()  # 1077 as an unsigned number
    operation = models.SmallIntegerField()  # 1054
    total = models.BigIntegerField()  # 1020, kopecks
    inn = models.CharField(max_length=12, db_collation="C")  # 1018
    rnm = models.CharField(max_length=20, db_collation="C")  # 1037
    ack_code = models.SmallIntegerField()  # 1022: 0, 11 or 14
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fn", "fd"], name="document_once"),
            models.CheckConstraint(condition=models.Q(ack_code__in=[0, 11, 14]), name="document_ack_code"),
        ]
        indexes = [
            models.Index(fields=["inn", "id"], name="document_inn"),
            models.Index(fields=["fn", "fd"], condition=models.Q(form__in=[2, 5]), name="document_shifts"),
            models.Index(fields=["id"], condition=~models.Q(ack_code=0), name="document_faulty"),
        ]
        triggers = [append_only("document_append_only")]

    def __str__(self) -> str:
        return f"{self.fn}/{self.fd}"


class DocumentBody(models.Model):
    """The container as it came and the acknowledgement as it was first answered."""

    append_only = True
    document = models.OneToOneField(Document, on_delete=models.PROTECT, primary_key=True, related_name="body")
    container = models.BinaryField()
    acknowledgement = models.BinaryField()
    problems = models.JSONField(default=list)  # what the checks found: [{"tag", "text"}]; empty with code 0

    class Meta:
        triggers = [append_only("document_body_append_only")]
