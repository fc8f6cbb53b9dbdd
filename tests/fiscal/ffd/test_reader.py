"""Receipts of the tax service, turned back into TLV by names, must come out as the same JSON."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest

from openkassa.fiscal.ffd.reader import fns_json_bytes, read_document, to_fns_json
from openkassa.fiscal.ffd.tags import TAGS
from openkassa.fiscal.ffd.tlv import MalformedTLV, encode

VECTORS = Path(__file__).parents[2] / "vectors"
RECEIPTS = sorted((VECTORS / "fns-json").glob("*.json"))

# What stands for several tags depending on where it is.
PLACES = {
    ("", "totalSum"): 1020,
    ("amountsNds", "ndsSum"): 1120,
    ("items", "ndsSum"): 1200,
    ("", "prepaidSum"): 1215,
    ("", "creditSum"): 1216,
    ("", "provisionSum"): 1217,
    ("", "dateTime"): 1012,
}
BY_NAME = {row.json: tag for tag, row in TAGS.items() if row.json and row.status != "old"}
NOT_IN_TLV = ("code", "numberKkt", "messageFiscalSign_rounded")


def pairs_from_json(data, place=""):
    """An own way back, independent of the reader's."""
    pairs = []
    for name, value in data.items():
        if name in NOT_IN_TLV or name.startswith("_"):
            continue
        tag = PLACES.get((place, name)) or BY_NAME[name]
        if name == "productCodeNew":
            pairs.append((tag, [(BY_NAME[kind], code["rawProductCode"]) for kind, code in value.items()]))
        elif isinstance(value, list):
            pairs += [(tag, pairs_from_json(one, name)) for one in value]
        elif isinstance(value, dict):
            pairs.append((tag, pairs_from_json(value, name)))
        elif name == "dateTime":
            pairs.append((tag, int(dt.datetime.fromisoformat(value + "+00:00").timestamp())))
        elif name == "fiscalSign":
            pairs.append((tag, b"\x31\x04" + value.to_bytes(4, "big")))
        elif TAGS[tag].type == "fvln":
            pairs.append((tag, Decimal(str(value))))
        elif value == "—":  # replaced by the anonymiser with what cp866 lacks
            pairs.append((tag, "-"))
        else:
            pairs.append((tag, value))
    return pairs


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_receipts_of_the_tax_service(path):
    source = json.loads(path.read_text())
    document = read_document(encode([(source["code"], pairs_from_json(source))]))
    expected = {name: value for name, value in source.items() if name[0] != "_" and name not in NOT_IN_TLV[1:]}
    if "properties" in expected:
        expected["properties"]["propertyValue"] = "-"
    assert to_fns_json(document) == expected
    assert json.loads(fns_json_bytes(document)) == expected


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_typed_fields(path):
    source = json.loads(path.read_text())
    document = read_document(encode([(source["code"], pairs_from_json(source))]))
    assert document.form == 3 and document.ffd == 4
    assert document.fn == source["fiscalDriveNumber"]
    assert document.rnm == source["kktRegId"].strip()
    assert document.fd == source["fiscalDocumentNumber"]
    assert document.fiscal_sign == source["fiscalSign"]
    assert (document.shift, document.number) == (source["shiftNumber"], source["requestNumber"])
    assert (document.operation, document.total) == (source["operationType"], source["totalSum"])
    assert len(document.items) == len(source["items"])


def test_quantity_with_a_fraction_stays_exact():
    document = read_document(encode([(3, [(1059, [(1023, Decimal("0.125"))])])]))
    assert fns_json_bytes(document) == b'{"code":3,"items":[{"quantity":0.125}]}'


def test_container_and_its_document_read_alike():
    container = bytes.fromhex((VECTORS / "kkt-ofd-wire/operator_ack_code14_container.hex").read_text())
    document = read_document(container)
    assert document == read_document(container[32:-10])
    assert document.form == 7 and document.fd == 1
    assert dict(document.pairs)[1068] == [(1022, 14)]


@pytest.mark.parametrize("data", [b"", encode([(1054, 1)]), encode([(3, []), (3, [])]), bytes(40)])
def test_what_is_no_document_is_refused(data):
    with pytest.raises(MalformedTLV):
        read_document(data)
