"""The interview in docs/api.md is sat with curl against a real server, block by block."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_documented_interview(tmp_path):
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8").partition("## Who may do what")[0]
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) >= 6
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    bin_folder = Path(sys.executable).parent
    env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()} | {
        "EXAMINER_HOME": str(tmp_path / "home"),
        "H": f"http://127.0.0.1:{port}",
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "examiner", "serve", "--port", str(port)]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, env=env, stderr=log, cwd=tmp_path)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        script = "set -euo pipefail\n" + "\n".join(blocks)
        done = subprocess.run(
            ["bash", "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
    finally:
        server.terminate()
        code = server.wait(timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "intact" in done.stdout and "embedded" in done.stdout and "id: 6" in done.stdout
    assert code in (0, -15), (tmp_path / "log").read_text()
    assert '"event": "request"' in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_an_open_stream_does_not_hold_the_server_back(tmp_path):
    from examiner.service.access.tokens import candidate_token
    from examiner.service.examiner import Examiner
    from examiner.service.sitting import sessions
    from examiner.settings import Settings

    house = Examiner(Settings(home=str(tmp_path)))
    state = sessions.create(house, "demo", candidate="A", pace=None)
    token = candidate_token(house, state.id)
    house.ledger.close()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    env = os.environ | {"EXAMINER_HOME": str(tmp_path), "EXAMINER_API_KEYS": "k"}
    command = [sys.executable, "-m", "examiner", "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                link = socket.create_connection(("127.0.0.1", port), timeout=10)
                break
            except OSError:
                time.sleep(0.1)
        with link:
            path = f"/v1/sessions/{state.id}/events"
            link.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
            got = b""
            while b"id: 1\n" not in got:
                got += link.recv(4096)
            server.terminate()
            begun = time.monotonic()
            while link.recv(4096):
                pass
            assert time.monotonic() - begun < 5
    finally:
        server.terminate()
        server.wait(timeout=30)
