"""A running ``langgraph dev``: offline, without a key and without --allow-blocking."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[3]
START = 90
"""Seconds in which it must answer; importing takes most of them."""


class DevelopmentServer:
    """One server process; what it logs is kept.

    Args:
        folder: Its working folder, where it keeps threads between two runs.
    """

    def __init__(self, folder: Path) -> None:
        self.log = folder / "server.log"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        shutil.copy(ROOT / "langgraph.json", folder)

    def start(self) -> None:
        """Start it on a free port and wait until it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OPENAI", "LANGSMITH", "LANGCHAIN"))
        }
        command = [Path(sys.executable).with_name("langgraph"), "dev", "--no-browser"]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*command, "--no-reload", "--host", "127.0.0.1", "--port", str(port)],
                cwd=self._folder,
                env=kept | {"LANGSMITH_TRACING": "false", "LANGGRAPH_CLI_NO_ANALYTICS": "1"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.url = f"http://127.0.0.1:{port}"
        for _ in range(10 * START):
            if self._process.poll() is not None:
                raise RuntimeError(f"langgraph dev ended: {self.log.read_text()[-2000:]}")
            try:
                if httpx.get(f"{self.url}/ok", timeout=1).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"langgraph dev did not start: {self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGINT)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(20)
