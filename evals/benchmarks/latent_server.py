"""An OpenAI-compatible server on loopback that answers every role after a set time.

Run as ``python -m raise_penguin.evals.benchmarks.latent_server SECONDS``; it prints its port. A
reply streams a word every 10 ms after that time, so that its first token comes well before its
last.
"""

from __future__ import annotations

import json
import re
import sys
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .instant import REPLY

ROLE = re.compile(r"\[raise-penguin/(\w+) v\d+\]")
DATA = re.compile(r"<data>\n(.*)\n</data>", re.DOTALL)
PACE = 0.01
"""Seconds between two words of a streamed reply."""


def answer(role: str, data: dict[str, Any]) -> str:
    """What a role is answered: every message but small talk is sensitive, every answer unclear."""
    if role == "triage":
        level = "harmless" if "pasta" in data["message"] else "sensitive"
        return json.dumps({"level": level, "domain": "career", "facts": [], "reason": "set"})
    if role == "select":
        left = [one["attribute"] for one in data["candidates"]]
        question = f"May I ask about your {left[0]}?"
        chosen = {"attribute": left[0], "question": question, "reason": "set"}
        return json.dumps({"facts": [], "danger": "", "completeness": 1, **chosen})
    return "".join(REPLY)


class Handler(BaseHTTPRequestHandler):
    """The chat endpoint."""

    protocol_version = "HTTP/1.1"
    latency = 0.0

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer a chat completion."""
        body: Any = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = [str(message["content"]) for message in body["messages"]]
        role = found[1] if (found := ROLE.search(texts[0])) else ""
        fence = next((match for text in texts if (match := DATA.search(text))), None)
        text = answer(role, json.loads(fence[1]) if fence else {})
        time.sleep(Handler.latency)
        if body.get("stream"):
            self._stream(text)
        else:
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self._send(json.dumps(_object("chat.completion", choice)).encode())

    def _stream(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        with suppress(ConnectionError):  # somebody who wanted the first token alone
            for word in re.findall(r"\S+\s*", text):
                choice = {"index": 0, "delta": {"role": "assistant", "content": word}}
                event = json.dumps(_object("chat.completion.chunk", choice))
                self.wfile.write(f"data: {event}\n\n".encode())
                time.sleep(PACE)
            self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _object(kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    return {"id": "x", "object": kind, "created": 0, "model": "latent", "choices": [choice]}


def main() -> None:
    """Serve until ended."""
    Handler.latency = float(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
