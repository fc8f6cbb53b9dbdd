import pytest
from tests.device.device_process import Operator


@pytest.fixture
def operator():
    operator = Operator()
    yield operator
    operator.close()
