"""Example: pytest judges a running server by its address. Exit codes: 0 passes, 1 breaks the contract, 4 is unreachable."""

import os
import subprocess


def test_server_keeps_the_documented_api():
    url = os.environ.get("SERVER_URL", "http://localhost:8000")
    command = ["npx", "max-harness", "contract", "--url", url, "--profile", "documented", "--for", "5s", "--wait", "30s"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
