"""What `kassa doctor` compares: our documents with the journals of the registers and with the operator."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator

import httpx
from django.db.models import Max, Sum

from openkassa.cli.findings import BAD, GOOD, WARNING, Finding
from openkassa.cli.processes import RESTORED
from openkassa.core.models import Organisation
from openkassa.core.settings import Settings
from openkassa.core.tenancy import all_tenants, within
from openkassa.kassa.fiscalisation import reconcile
from openkassa.kassa.fiscalisation.reconcile import Difference
from openkassa.kassa.registers.drivers.base import DriverError
from openkassa.kassa.registers.models import (
    Acknowledgement,
    CashRegister,
    DocumentContainer,
    FiscalDocument,
    RegisterState,
    RegisterStatus,
)
from openkassa.kassa.registers.provision import driver_of

EACH_DOCUMENT = 20_000  # an organisation with more documents is compared one by one only with --reconcile
SHOWN = 20  # differences of one kind that are listed
ASKED_OF_OPERATOR = 20  # newest answered documents of each register
OPERATOR_SECONDS = 5.0

# What keeps a restored platform from working: numbers could be given twice. A document of a receipt that the backup
# does not have is shown for ever, and harms nothing.
STOPS = frozenset({
    reconcile.MISSING, reconcile.UNKNOWN, reconcile.OTHER, reconcile.NO_DOCUMENT, reconcile.UNRESOLVED,
    reconcile.SILENT,
})  # fmt: skip
LEVELS = {reconcile.NO_RECEIPT: WARNING, reconcile.SILENT: WARNING, reconcile.UNRESOLVED: WARNING}
ADVICE = {
    reconcile.MISSING: "run: kassa doctor --reconcile",
    reconcile.UNKNOWN: "is the register's memory an old copy? Stop the register and find its newest journal",
    reconcile.OTHER: "is this the register that made the document? Stop it before it makes others",
    reconcile.NO_RECEIPT: "look at the document: sell nothing of it again, its buyer has a fiscal receipt",
    reconcile.NO_DOCUMENT: "run: kassa doctor --reconcile",
    reconcile.UNRESOLVED: "bring the register back: its journal decides what became of them",
    reconcile.SILENT: "bring the register back, then repeat",
}


def compare(settings: Settings, *, adopt: bool) -> list[Finding]:
    """Findings about the documents of every organisation. `adopt` takes over what the registers' journals have and our
    database lacks, and lets the workers of a restored home start when nothing is in doubt. Never makes a document."""
    with all_tenants("the doctor compares the documents of every organisation"):
        organisations = list(Organisation.objects.order_by("id"))
    findings: list[Finding] = []
    stopped = False
    for organisation in organisations:
        found, clean = _organisation(organisation, adopt=adopt)
        findings += found
        stopped = stopped or not clean
    findings += _operator(settings, organisations)
    marker = settings.home / RESTORED
    if adopt and marker.exists():
        findings.append(_left(str(marker)) if stopped else _lifted())
        if not stopped:
            marker.unlink()
    return findings


def _organisation(organisation: Organisation, *, adopt: bool) -> tuple[list[Finding], bool]:
    """Findings, and whether nothing stands against working on."""
    with within(organisation.id):
        total = RegisterStatus.objects.aggregate(total=Sum("last_fd"))["total"] or 0
    if adopt:
        differences = reconcile.adopt(organisation.id)
    elif total <= EACH_DOCUMENT:
        differences = reconcile.differences(organisation.id)
    else:
        return list(_by_numbers(organisation)), True
    check = f"documents of {organisation.name}"
    findings = [
        Finding(check=check, level=LEVELS.get(one.kind, BAD), text=one.text, advice=ADVICE[one.kind])
        for one in _shown(differences)
    ]
    for kind, count in Counter(one.kind for one in differences).items():
        if count > SHOWN:
            findings.append(Finding(check=check, level=LEVELS.get(kind, BAD), text=f"… {count - SHOWN} more: {kind}"))
    if not differences:
        findings.append(Finding(check=check, level=GOOD, text=f"{total}, each as in its register's journal"))
    return findings, not any(one.kind in STOPS for one in differences)


def _shown(differences: Iterable[Difference]) -> Iterator[Difference]:
    in_order = sorted(differences, key=lambda one: one.kind)
    for _, group in itertools.groupby(in_order, key=lambda one: one.kind):
        yield from itertools.islice(group, SHOWN)


def _by_numbers(organisation: Organisation) -> Iterator[Finding]:
    """Last number and count of each storage: what can be asked of a million documents every hour."""
    with within(organisation.id):
        registers = list(CashRegister.objects.exclude(state=RegisterState.CLOSED).order_by("id"))
    for register in registers:
        check = f"documents of {organisation.name}"
        name = f"register {register.name} ({register.serial})"
        with within(organisation.id):
            ours = FiscalDocument.objects.filter(fn=register.fn)
            last = ours.aggregate(last=Max("fd"))["last"] or 0
            count = ours.count()
        if count != last:
            yield Finding(
                check=check, level=BAD, text=f"{name}: {count} documents, the last is number {last}",
                advice="run: kassa doctor --reconcile",
            )  # fmt: skip
            continue
        try:
            status = driver_of(register).status()
        except DriverError as error:
            yield Finding(
                check=check, level=WARNING, text=f"{name} can't be asked: {error}", advice=ADVICE[reconcile.SILENT]
            )
            continue
        same = (status.fn, status.last_fd) == (register.fn, last)
        yield Finding(
            check=check,
            level=GOOD if same else WARNING,
            text=f"{name}: {last} in our database, {status.last_fd} in its journal (compared by number alone)",
            advice="" if same else "compare each: kassa doctor --reconcile",
        )


def _operator(settings: Settings, organisations: Iterable[Organisation]) -> Iterator[Finding]:
    """Whether the operator has the newest documents that it has answered, byte for byte."""
    asked, unlike = 0, []
    with httpx.Client(base_url=settings.ofd_public_url, timeout=OPERATOR_SECONDS, trust_env=False) as client:
        try:
            for organisation in organisations:
                for document, container in _answered(organisation):
                    asked += 1
                    address = f"/documents/{document.fn}/{document.fd}.bin"
                    answer = client.get(address, params={"fp": document.fiscal_sign})
                    if answer.status_code == 404 or (answer.status_code == 200 and answer.content != container):
                        unlike.append((document, answer.status_code))
                    elif answer.status_code != 200:
                        raise httpx.HTTPError(f"it answers {answer.status_code}")
        except httpx.HTTPError as error:
            yield Finding(
                check="operator",
                level=WARNING,
                text=f"{settings.ofd_public_url} can't be asked: {error or type(error).__name__}",
                advice="is the operator's server running?",
            )
            return
    for document, status in unlike[:SHOWN]:
        what = "does not have" if status == 404 else "has another document as"
        yield Finding(
            check="operator",
            level=BAD,
            text=f"the operator {what} ФН {document.fn} ФД {document.fd}, which it has answered",
            advice="was the operator's database restored to an older point?",
        )
    if asked and not unlike:
        yield Finding(check="operator", level=GOOD, text=f"has the {asked} newest documents, byte for byte")


def _answered(organisation: Organisation) -> Iterator[tuple[FiscalDocument, bytes]]:
    """The newest documents of each register that the operator has acknowledged as recognised, with their bytes."""
    with within(organisation.id):
        statuses = list(RegisterStatus.objects.values_list("register_id", "acknowledged_fd"))
        for register_id, acknowledged_fd in statuses:
            documents = FiscalDocument.objects.filter(register_id=register_id, fd__lte=acknowledged_fd)
            newest = list(documents.order_by("-fd")[:ASKED_OF_OPERATOR])
            ids = [document.id for document in newest]
            known = set(Acknowledgement.objects.filter(document_id__in=ids).values_list("document_id", flat=True))
            containers = dict(
                DocumentContainer.objects.filter(document_id__in=ids).values_list("document_id", "container")
            )
            for document in newest:
                if document.id in known:
                    yield document, bytes(containers[document.id])


def _lifted() -> Finding:
    text = "compared after the restore: `kassa up` starts its worker now; start those of other machines"
    return Finding(check="restore", level=GOOD, text=text)


def _left(marker: str) -> Finding:
    return Finding(
        check="restore",
        level=BAD,
        text="workers do not start: registers above differ from our database or could not be asked",
        advice=f"mend that and repeat; delete {marker} only when a register is lost for good",
    )
