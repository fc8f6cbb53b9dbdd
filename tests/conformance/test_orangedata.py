"""The official node-orangedata, as its users have it, against the running platform."""

from __future__ import annotations

import pytest
from tests.api.orangedata.calls import private_pem
from tests.conformance.conftest import NPM


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("platform")
def test_node_orangedata_1_5_makes_repeats_corrects_and_is_refused(demo_info, node):
    given = demo_info["orangedata"]
    told = node(NPM / "orangedata.js", given | {"stranger": private_pem("stranger")})
    assert told["made"], "201 has no body"
    assert told["again"]["message"] == "Чек с данным идентификатором уже был создан в системе"
    status = told["status"]
    assert (status["companyINN"], status["change"], len(status["fsNumber"])) == (given["inn"], 0, 16)
    assert status["content"]["positions"][0]["text"] == "Тестовый товар"
    assert "customerContact" not in status["content"]
    assert told["corrected"]["documentNumber"] != status["documentNumber"] or (
        told["corrected"]["fsNumber"] != status["fsNumber"]
    )
    assert told["forged"]["message"] == "Клиентский сертификат не прошел проверку"
    assert told["wrong"]["errors"][0].startswith("inn: ")
