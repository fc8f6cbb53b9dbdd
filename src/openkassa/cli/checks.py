"""What `kassa doctor` looks at. Each check gives findings: what is so, how bad it is, what to do."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import shutil
import stat
from collections.abc import Callable, Iterator

from django.db import InterfaceError, OperationalError, connection

from openkassa.cli.findings import BAD, GOOD, WARNING, Finding
from openkassa.cli.processes import RESTORED, not_ready, platform_processes
from openkassa.core.clock import now
from openkassa.core.logs import mask
from openkassa.core.models import Notification, Organisation
from openkassa.core.partitions import partition_name
from openkassa.core.settings import Settings
from openkassa.core.tenancy import all_tenants
from openkassa.kassa.fiscalisation.doubles import doubles_of
from openkassa.kassa.ledger.proof import ledger_problems
from openkassa.kassa.receipts.models import Callback, ReceiptState
from openkassa.kassa.registers.models import CashRegister, RegisterState, RegisterStatus

LOW_DISK = 2 * 2**30  # bytes
FULL_DISK = 256 * 2**20
CLOCK_SLACK = 5.0  # seconds between us, the database and the devices
DEVICE_CLOCK_SLACK = 120
QUEUE_SLACK = dt.timedelta(minutes=5)
UNDELIVERED_ALARMS = (dt.timedelta(days=20), dt.timedelta(days=5), dt.timedelta(days=1))
MOST_PROBLEMS = 20
REASON = "the doctor looks at every organisation"

Check = Callable[[Settings], Iterator[Finding]]


def database(settings: Settings) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version(), clock_timestamp(), pg_database_size(current_database())")
        version, clock, size = cursor.fetchone()
    yield Finding(check="database", level=GOOD, text=f"{version.split(' on ')[0]}, {size / 2**20:.0f} MiB")
    # The database's clock travels with nobody: only the real time may be compared with it.
    difference = abs((dt.datetime.now(dt.UTC) - clock).total_seconds())
    if difference > CLOCK_SLACK:
        yield Finding(
            check="clock",
            level=WARNING,
            text=f"this machine and the database differ by {difference:.0f} s",
            advice="run time synchronisation (chrony, systemd-timesyncd) on both",
        )


def disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.home).free
    level = BAD if free < FULL_DISK else WARNING if free < LOW_DISK else GOOD
    yield Finding(
        check="disk",
        level=level,
        text=f"{free / 2**30:.1f} GiB free at {settings.home}",
        advice="" if level == GOOD else "free some space: sales are refused when the disk is full",
    )


def keys(settings: Settings) -> Iterator[Finding]:
    files = list(settings.keys.glob("*.key"))
    loose = [path.name for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if loose:
        yield Finding(
            check="keys",
            level=BAD,
            text=f"others may read {', '.join(sorted(loose))}",
            advice=f"chmod 600 {settings.keys}/*.key",
        )
    else:
        yield Finding(check="keys", level=GOOD, text=f"{len(files)} keys, readable by their owner alone")


def registers(settings: Settings) -> Iterator[Finding]:
    at = now()
    with all_tenants(REASON):
        statuses = {status.register_id: status for status in RegisterStatus.objects.all()}
        for register in CashRegister.objects.exclude(state="closed").order_by("organisation_id", "name"):
            yield from _register(register, statuses[register.id], at)


def _register(register: CashRegister, status: RegisterStatus, at: dt.datetime) -> Iterator[Finding]:
    name = f"register {register.name} ({register.serial})"
    for double in doubles_of(register.organisation_id, register_id=register.id):
        yield Finding(
            check=name,
            level=BAD,
            text=f"ФД {double.fd} of ФН {double.fn} was made though a person had decided otherwise about receipt"
            f" {double.receipt_id}",
            advice="put it right by a refund or a correction",
        )
    if status.problem and register.state != RegisterState.LOST:
        yield Finding(
            check=name,
            level=BAD,
            text=f"{status.problem} since {_moment(status.problem_since)}: {status.problem_text}",
            advice=f"tried again at {_moment(status.retry_at)}; receipts wait or go to other registers of the pool",
        )
    if status.acknowledged_fd < status.last_fd and status.first_undelivered_at is not None:
        age = at - status.first_undelivered_at
        for limit in UNDELIVERED_ALARMS:
            if age > limit:
                yield Finding(
                    check=name,
                    level=BAD if limit.days >= 5 else WARNING,
                    text=f"{status.last_fd - status.acknowledged_fd} documents lack the operator's answer,"
                    f" the first for {age.days} days",
                    advice="restore the connection to the operator: the storage stops at 30 days",
                )
                break
    if abs(status.clock_difference) > DEVICE_CLOCK_SLACK:
        yield Finding(
            check=name,
            level=WARNING,
            text=f"its clock differs by {status.clock_difference} s",
            advice="set the register's clock: the storage refuses documents when it is 5 minutes off",
        )
    if status.fn_valid_until is not None and status.fn_valid_until - at < dt.timedelta(days=30):
        left = (status.fn_valid_until - at).days
        yield Finding(
            check=name,
            level=BAD if left < 3 else WARNING,
            text=f"the fiscal storage's term ends in {left} days",
            advice="order a new fiscal storage and replace it",
        )
    if not status.problem:
        yield Finding(check=name, level=GOOD, text=f"{register.state}, last document {status.last_fd}")


def receipts(settings: Settings) -> Iterator[Finding]:
    at = now()
    with all_tenants(REASON):
        doubtful = ReceiptState.objects.filter(state="in_doubt").count()
        waiting = ReceiptState.objects.filter(state__in=["accepted", "assigned"])
        oldest = waiting.order_by("changed_at").values_list("changed_at", flat=True).first()
        count = waiting.count()
    if doubtful:
        yield Finding(
            check="receipts",
            level=BAD,
            text=f"{doubtful} in doubt: their register's answer was lost",
            advice="bring the register back; its journal decides. If it is lost for good, decide on its page",
        )
    late = oldest is not None and at - oldest > QUEUE_SLACK
    yield Finding(
        check="receipts",
        level=WARNING if late else GOOD,
        text=f"{count} waiting" + (f", the oldest for {(at - oldest).total_seconds():.0f} s" if oldest else ""),
        advice="see the registers above; is a worker running?" if late else "",
    )


def streams(settings: Settings) -> Iterator[Finding]:
    at = now()
    with all_tenants(REASON):
        calls = Callback.objects.filter(state="waiting", attempts__gt=3).count()
        failed = Callback.objects.filter(state="failed").count()
        mails = Notification.objects.filter(state="waiting", created_at__lt=at - QUEUE_SLACK)
        by_channel = {channel: mails.filter(channel=channel).count() for channel in ("email", "sms")}
    if calls or failed:
        yield Finding(
            check="callbacks",
            level=WARNING,
            text=f"{calls} shops do not answer, {failed} given up after three days",
            advice="look at the delivery log on the receipt's page; send again from there",
        )
    for channel, variable, url in (
        ("email", "KASSA_SMTP_URL", settings.smtp_url),
        ("sms", "KASSA_SMS_URL", settings.sms_url),
    ):
        if by_channel[channel]:
            advice = f"set {variable}" if url is None else f"does {variable} answer?"
            yield Finding(
                check="copies", level=WARNING, text=f"{by_channel[channel]} {channel} messages wait", advice=advice
            )


def ledgers(*, whole: bool) -> Iterator[Finding]:
    """The newest part of each journal, or the whole of it."""
    with all_tenants(REASON):
        organisations = list(Organisation.objects.order_by("id").values_list("id", "name"))
    found = ((name, problem) for id, name in organisations for problem in ledger_problems(id, quick=not whole))
    problems = list(itertools.islice(found, MOST_PROBLEMS))
    for name, problem in problems:
        yield Finding(
            check="ledger",
            level=BAD,
            text=f"{name}: {problem}",
            advice="keep the database as it is, and compare with the last backup: the journal is never changed",
        )
    if not problems:
        what = "chains and balances agree with the journals" if whole else "the newest seals and the balances agree"
        yield Finding(check="ledger", level=GOOD, text=what)


def partitions(settings: Settings) -> Iterator[Finding]:
    table = "kassa_receipts_receiptrequest"
    ahead = partition_name(table, (now() + dt.timedelta(days=62)).date())
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [ahead])
        there = cursor.fetchone()[0] is not None
    if there:
        yield Finding(check="partitions", level=GOOD, text="made for two months and more")
    else:
        yield Finding(
            check="partitions", level=WARNING, text="less than two months ahead", advice="run: kassa retention"
        )


def restored(settings: Settings) -> Iterator[Finding]:
    marker = settings.home / RESTORED
    if marker.exists():
        yield Finding(
            check="restore",
            level=BAD,
            text=f"restored and not compared yet: {marker.read_text().strip()[:200]}",
            advice="run: kassa doctor --reconcile (workers do not start before)",
        )


def processes(settings: Settings) -> Iterator[Finding]:
    """What runs on this home. On several machines each home sees its own."""
    yield Finding(check="home", level=GOOD, text=f"{settings.home}, as user {os.geteuid()}")
    waiting = {process.name: not_ready(process) for process in platform_processes(settings)}
    silent = {name: reason for name, reason in waiting.items() if reason is not None}
    if len(silent) == len(waiting):
        yield Finding(
            check="processes",
            level=WARNING,
            text="none of them answers here",
            advice="run: kassa up (or look at the machines on which they run)",
        )
        return
    for name, reason in silent.items():
        yield Finding(
            check="processes",
            level=WARNING,
            text=f"{name} is not ready: {reason}",
            advice=f"see {settings.home / 'logs' / name}.log",
        )
    if not silent:
        yield Finding(check="processes", level=GOOD, text=f"{len(waiting)} are ready")


def guarded(check: Check, settings: Settings) -> Iterator[Finding]:
    """The findings of a check; a database that is gone is one of them."""
    try:
        yield from check(settings)
    except (OperationalError, InterfaceError) as error:
        yield lost_database(error)


def lost_database(error: Exception) -> Finding:
    text = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return Finding(
        check="database",
        level=BAD,
        text=f"can't be reached: {mask(text)}",
        advice="is `kassa up` running? Otherwise start PostgreSQL, or look at KASSA_DATABASE_URL",
    )


# Those that need no database come first: they are what is left when it is down.
LOCAL_CHECKS: tuple[Check, ...] = (processes, disk, keys, restored)
DATABASE_CHECKS: tuple[Check, ...] = (database, partitions, registers, receipts, streams)


def _moment(moment: dt.datetime | None) -> str:
    return "-" if moment is None else moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
