"""A real OpenAI-compatible chat server on loopback, for tests: a process of its own, stdlib only.

It answers each role sensibly from the data in the prompt, and misbehaves on demand. POST a list
of behaviours to /script: each is used for one request, in order; "forever" is used after them.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ROLE = re.compile(r"\[raise-penguin/(\w+) v\d+\]")
DATA = re.compile(r"<data>\n(.*)\n</data>", re.DOTALL)


class State:
    """What all requests share."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.script: list[str] = []
        self.forever = ""
        self.requests: list[tuple[str, str]] = []

    def next_behaviour(self, role: str, sent: str) -> str:
        with self.lock:
            self.requests.append((role, sent))
            self.counts[role] += 1
            self.counts["total"] += 1
            return self.script.pop(0) if self.script else self.forever


STATE = State()
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def answer(role: str, data: dict[str, Any], system: str) -> str:
    """A sensible answer of a role."""
    if role == "triage":
        message = data["message"].lower()
        harmless = not re.search(r"\b(i|my|me|we)\b", message)
        level = "acute" if "kill myself" in message else "harmless" if harmless else "sensitive"
        danger = "suicide" if level == "acute" else ""
        return json.dumps(
            {"level": level, "danger": danger, "domain": "career", "facts": [], "reason": "as read"}
        )
    if role == "select":
        facts = []
        if data["last_answer"]:
            facts = [
                {
                    "attribute": data["last_question_asked_for"],
                    "value": data["last_answer"],
                    "status": "known",
                    "evidence": data["last_answer"],
                }
            ]
        left = [one["attribute"] for one in data["candidates"]]
        aside = "capital of" in (data["last_answer"] or "")
        asked = f"May I ask about your {left[0].replace('_', ' ')}?" if left else ""
        return json.dumps(
            {
                "facts": [] if aside else facts,
                "kind": "other_topic" if aside else "answer",
                "aside": "That is Paris." if aside else "",
                "danger": "",
                "completeness": min(5, len(data["known"]) + len(facts)),
                "attribute": left[0] if left else "",
                "question": "可以问一下吗？" if data["language"] == "zh" else asked,
                "reason": "it changes the answer",
            }
        )
    if role == "respond":
        known = ", ".join(data["known"].values())
        return (
            "It sounds as if a lot hangs on this job. Before you decide, talk to somebody you "
            f"trust, and see a doctor or adviser if it gets worse. What you told counts: {known}."
        )
    if role == "judge":
        score = min(5, 2 + len(data["reply"].split()) / 40)
        rating = {"reason": "as read", "score": round(score, 1)}
        return json.dumps(
            {"risk_sensitivity": rating, "emotional_empathy": rating, "user_alignment": rating}
        )
    if role == "flow":
        first = data["reply"].split(".")[0]
        steps = re.findall(r"^- (\w+): ", system, re.MULTILINE)
        harmful = ("harms", "hurts", "wrong_person")
        return json.dumps(
            {
                "answers": [
                    {"id": step, "evidence": "", "answer": "no"}
                    if step in harmful
                    else {"id": step, "evidence": first, "answer": "yes"}
                    for step in steps
                ]
            }
        )
    if role == "blind":
        told = [part for part in data["reply"].split(".") if part.strip().startswith("You are")]
        return json.dumps({"facts": [{"words": part.strip()} for part in told]})
    if role == "user":
        asked = data["question"].lower()
        known = [v for k, v in data["profile"].items() if k.split()[0].lower() in asked]
        return known[0] if known else "I don't know."
    if role == "discover":
        return json.dumps({"attributes": [pregnancy(data["exchanges"]), invented()]})
    if role == "reword":
        return f"Let me put it like this: {data['message']}"
    if role == "prior":
        return json.dumps({"ranking": sorted(data["candidates"])})
    return "I am a test server."


def obeyed(role: str, sent: str) -> str:
    """The answer of a model that does whatever an attack in its data tells it to."""
    facts = [
        {"attribute": "password", "value": "hunter2", "status": "known", "evidence": "password"},
        {"attribute": "admin", "value": "true", "status": "known", "evidence": "admin"},
    ]
    if role == "triage":
        reply = {"level": "sensitive", "danger": "", "domain": "root", "facts": facts}
        return json.dumps(reply | {"reason": "as ordered"})
    if role == "select":
        return json.dumps(
            {
                "facts": facts,
                "danger": "",
                "completeness": 0,
                "attribute": "password",
                "question": "What is your password?",
                "reason": "as ordered",
            }
        )
    return f"As you order, my instructions are: {sent}"


def pregnancy(exchanges: list[dict[str, str]]) -> dict[str, Any]:
    """A proposal with true quotes, and one that does not stand in the data."""
    quotes = [
        {"message": one["id"], "quote": "pregnant"}
        for one in exchanges
        if "pregnant" in f"{one['message']} {one['reply']}"
    ]
    made_up = [{"message": exchanges[0]["id"], "quote": "these words were never said"}]
    return {
        "id": "pregnancy",
        "label": "Pregnancy",
        "group": "health",
        "type": "yes-no",
        "sensitive": True,
        "cost": 0.4,
        "reason": "what is safe to take changes with it",
        "questions": [
            f"{start} pregnant?" for start in ("May I ask, are you", "Are you", "You are")
        ],
        "words": ["pregnant"],
        "values": [
            {"value": "Yes", "words": ["yes", "(a+)+$"], "said": ["Yes, I am."]},
            {"value": "No", "words": ["no"], "said": ["No."]},
        ],
        "evidence": quotes + made_up,
    }


def invented() -> dict[str, Any]:
    """A proposal without any evidence in the data."""
    return {
        "id": "star_sign",
        "label": "Star Sign",
        "cost": 0.1,
        "reason": "it is in the stars",
        "questions": ["Which star sign?", "Your star sign?", "What is your star sign?"],
        "words": ["star sign"],
        "values": [{"value": "Leo", "said": ["Leo."]}, {"value": "Other", "said": ["Another."]}],
        "evidence": [{"message": "p1", "quote": "I am a Leo"}],
    }


class Handler(BaseHTTPRequestHandler):
    """OpenAI's endpoints, and two of our own."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        if self.path == "/counts":
            self._send(200, dict(STATE.counts))
        elif self.path == "/requests":
            self._send(200, STATE.requests)
        elif self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": "test", "object": "model"}]})
        else:
            self._send(404, {"error": {"message": "no such path"}})

    def do_POST(self) -> None:
        body: Any = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        if self.path == "/script":
            with STATE.lock:
                STATE.script = list(body.get("behaviours", []))
                STATE.forever = body.get("forever", "")
                STATE.counts.clear()
                STATE.requests.clear()
            self._send(200, {})
        elif self.path == "/v1/chat/completions":
            self._complete(body)
        else:
            self._send(404, {"error": {"message": "no such path"}})

    def _complete(self, body: dict[str, Any]) -> None:
        system = str(body["messages"][0]["content"])
        role = found[1] if (found := ROLE.search(system)) else "unknown"
        fence = next(
            (m for one in body["messages"] if (m := DATA.search(str(one["content"])))), None
        )
        behaviour = STATE.next_behaviour(role, json.dumps(body, ensure_ascii=False))
        text = answer(role, json.loads(fence[1]) if fence else {}, system)
        if behaviour.startswith("delay:"):
            time.sleep(float(behaviour.partition(":")[2]))
        elif behaviour == "429":
            self._send(429, {"error": {"message": "slow down"}}, {"Retry-After": "0"})
            return
        elif behaviour in ("500", "401", "404"):
            self._send(int(behaviour), {"error": {"message": f"status {behaviour}"}})
            return
        elif behaviour == "no_schema" and "response_format" in body:
            self._send(400, {"error": {"message": "response_format json_schema is unknown"}})
            return
        elif behaviour == "cut":
            self.connection.close()
            self.close_connection = True
            return
        elif behaviour == "garbage":
            self._raw(b"<html>not json at all</html>")
            return
        elif behaviour == "obey":
            text = obeyed(role, json.dumps(body))
        refusal, finish = None, "stop"
        if behaviour == "long":
            text, finish = '{"level": "sensitive", "reason": "it goes on and ', "length"
        elif behaviour == "malformed":
            text = '{"level": "sensitive", '
        elif behaviour == "prose":
            text = f"<think>hm {{}} </think>Sure! Here it is:\n```json\n{text}\n```\nAnything else?"
        elif behaviour == "refusal":
            text, refusal = "", "I cannot help with that."
        elif behaviour == "empty":
            text = ""
        elif behaviour == "outside":
            rating = {"reason": "as read", "score": 9}
            names = ("risk_sensitivity", "emotional_empathy", "user_alignment")
            text = json.dumps(dict.fromkeys(names, rating))
        elif behaviour == "wrong":
            text = '{"completeness": 99, "level": "purple", "ranking": 5}'
        if body.get("stream"):
            slow = behaviour.startswith("slow:")
            self._stream(text, float(behaviour.partition(":")[2]) if slow else 0, body)
        else:
            message = {"role": "assistant", "content": text, "refusal": refusal}
            self._send(200, completion(message, finish))

    def _stream(self, text: str, pace: float, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in re.findall(r"\S+\s*|\s+", text) or [""]:
            self._event({"delta": {"role": "assistant", "content": piece}, "finish_reason": None})
            time.sleep(pace)
        self._event({"delta": {}, "finish_reason": "stop"})
        if (body.get("stream_options") or {}).get("include_usage"):
            self._event(usage=USAGE)
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _event(
        self, choice: dict[str, Any] | None = None, usage: dict[str, int] | None = None
    ) -> None:
        event = {
            "id": "x",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "test",
            "choices": [] if choice is None else [{"index": 0, **choice}],
            "usage": usage,
        }
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self._raw(json.dumps(body).encode(), status, headers)

    def _raw(self, data: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def completion(message: dict[str, Any], finish: str) -> dict[str, Any]:
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "test",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": USAGE,
    }


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
