"""One platform on a home, its ports free, wrong settings named before anything starts."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from openkassa.cli.errors import HomeTaken
from openkassa.cli.home import given_addresses, hold_home, holder, write_private
from openkassa.cli.ports import check_ports, forget_taken_ports
from openkassa.core.settings import DATABASE_VARIABLES, WrongSetting, read_settings


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


PORT_VARIABLES = ("KASSA_HTTP_PORT", "KASSA_OFD_PORT", "KASSA_OFD_HTTP_PORT", "KASSA_SANDBOX_PORT", "KASSA_EVENTS_PORT")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    ports = dict(zip(PORT_VARIABLES, map(str, free_ports(5)), strict=True))
    return {"KASSA_HOME": str(tmp_path / "home"), **ports}


def test_a_second_holder_learns_who_holds_the_home(environment: dict[str, str]) -> None:
    settings = read_settings(environment)
    with hold_home(settings, "kassa up", {"http": "http://127.0.0.1:8000"}):
        with pytest.raises(HomeTaken) as refused, hold_home(settings, "kassa restore"):
            pass
        assert f"kassa up (process {os.getpid()}, since " in str(refused.value)
        assert "http://127.0.0.1:8000" in str(refused.value)
        found = holder(settings)
        assert found is not None
        assert found["command"] == "kassa up"
    assert holder(settings) is None


def test_another_terminal_learns_ports_and_addresses_of_what_runs(environment: dict[str, str]) -> None:
    """Unless it names some itself; secrets are not told."""
    own = {**environment, "KASSA_PUBLIC_URL": "https://kassa.example", "KASSA_SMTP_URL": "smtp://user:secret@mail"}
    code = (
        "from openkassa.cli.home import follow_running; from openkassa.core.settings import settings;"
        "follow_running(); print(settings().http_port, settings().public_url, settings().smtp_url)"
    )

    def seen(**given: str) -> str:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("KASSA_")}
        shell = {**inherited, "KASSA_HOME": environment["KASSA_HOME"], **given}
        return subprocess.check_output([sys.executable, "-c", code], env=shell, text=True).strip()

    settings = read_settings(own)
    with hold_home(settings, "kassa up", {"given": given_addresses(own)}):
        assert seen() == f"{environment['KASSA_HTTP_PORT']} https://kassa.example None"
        assert seen(KASSA_HTTP_PORT="4321") == "4321 http://127.0.0.1:4321 None"
        assert "secret" not in (settings.home / "lock").read_text()
    assert seen() == "8000 http://127.0.0.1:8000 None"


def test_the_lock_of_a_killed_holder_is_free(environment: dict[str, str]) -> None:
    code = """
import os, signal, sys
from openkassa.cli.home import hold_home
from openkassa.core.settings import settings
with hold_home(settings(), "kassa up"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], env={**os.environ, **environment})
    assert killed.returncode == -9
    settings = read_settings(environment)
    assert holder(settings) is None
    with hold_home(settings, "kassa up"):
        assert json.loads((settings.home / "lock").read_text())["pid"] == os.getpid()


def test_a_taken_port_is_named_with_its_variable(environment: dict[str, str]) -> None:
    settings = read_settings(environment)
    check_ports(settings)
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.ofd_port))
        other.listen()
        with pytest.raises(WrongSetting, match=rf"KASSA_OFD_PORT: port {settings.ofd_port} on 127.0.0.1 is taken"):
            check_ports(settings)


def test_one_port_for_two_things_is_refused(environment: dict[str, str]) -> None:
    environment["KASSA_EVENTS_PORT"] = environment["KASSA_HTTP_PORT"]
    with pytest.raises(WrongSetting, match="is also that of KASSA_HTTP_PORT"):
        check_ports(read_settings(environment))


def test_an_address_of_another_machine_is_named(environment: dict[str, str]) -> None:
    environment["KASSA_BIND"] = "192.0.2.1"
    with pytest.raises(WrongSetting, match=r"KASSA_BIND: 192\.0\.2\.1 is not an address of this machine"):
        check_ports(read_settings(environment))


def test_a_kept_port_that_someone_else_took_is_chosen_anew(environment: dict[str, str]) -> None:
    settings = read_settings(environment)
    kept = settings.free_port("worker_http")
    forget_taken_ports(settings)
    assert settings.free_port("worker_http") == kept
    with socket.socket() as other:
        other.bind(("127.0.0.1", kept))
        other.listen()
        forget_taken_ports(settings)
        assert settings.free_port("worker_http") != kept


def test_private_files_are_private(tmp_path: Path) -> None:
    write_private(tmp_path / "secret", "word")
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def kassa(*words: str, environment: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "openkassa.cli.main", *words],
        env={**{k: v for k, v in os.environ.items() if not k.startswith("KASSA_")}, **environment},
        capture_output=True,
        text=True,
    )


def test_up_names_a_wrong_setting_in_one_line_and_starts_nothing(environment: dict[str, str]) -> None:
    environment["KASSA_EVENTS_PORT"] = "many"
    done = kassa("up", environment=environment)
    assert done.returncode == 2
    assert done.stderr == "kassa: KASSA_EVENTS_PORT: «many» is not a port; give a number from 1 to 65535\n"
    assert not Path(environment["KASSA_HOME"]).exists()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *((variable, value) for variable in PORT_VARIABLES for value in ("0", "65536", "x", "80.5", "٣")),
        *(("KASSA_BIND", value) for value in ("300.1.1.1", "localhost", "::1", "127.0.0.1:80")),
        *(
            (f"KASSA_{part}PUBLIC_URL", value)
            for part in ("", "OFD_", "EVENTS_")
            for value in ("ftp://x", "x", "http:", "http://x:y", "http://[")
        ),
        ("KASSA_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("KASSA_TRUSTED_PROXIES", "proxy.example"),
        *(("KASSA_SMTP_URL", value) for value in ("http://mail.example", "mail.example:25", "smtp://")),
        *(("KASSA_SMS_URL", value) for value in ("smtp://sms.example", "sms.example", "http://x:99999")),
        ("KASSA_PRIVATE_CALLBACKS", "maybe"),
        ("KASSA_SANDBOX_SMTP_PORT", "-1"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(environment: dict[str, str], variable: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=rf"^{variable}: .*(give|must)"):
        read_settings(environment | {variable: value})


DATABASES = dict.fromkeys(DATABASE_VARIABLES, "postgresql://a@b/c")


@pytest.mark.parametrize("variable", DATABASES)
def test_databases_are_given_all_or_none(environment: dict[str, str], variable: str) -> None:
    assert not read_settings(environment | DATABASES).embedded
    assert read_settings(environment).embedded
    for wrong in ("", "mysql://a@b/c", "b"):
        with pytest.raises(WrongSetting, match=rf"^{variable}: "):
            read_settings(environment | DATABASES | {variable: wrong})


def test_up_refuses_a_home_in_use(environment: dict[str, str]) -> None:
    with hold_home(read_settings(environment), "kassa up"):
        done = kassa("up", environment=environment)
    assert done.returncode == 2
    assert f"is in use by kassa up (process {os.getpid()}" in done.stderr


def test_a_traceback_shows_no_values() -> None:
    from openkassa.cli.main import app

    assert app.pretty_exceptions_enable is False
