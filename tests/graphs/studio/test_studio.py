"""Guards LangGraph Studio: a whole dialogue and the forms, through `langgraph dev`, offline."""

from __future__ import annotations

from typing import Any

from talking import SENSITIVE, message, waiting


def test_a_whole_dialogue_with_plain_strings_as_answers(client: Any) -> None:
    thread = client.threads.create()["thread_id"]
    asked: list[str] = []
    result: Any = client.runs.wait(thread, "raise", input=message(SENSITIVE))
    for answer in ("I'm 34", "I'd rather not say", "just about getting by", "x", "y"):
        shown = waiting(client, thread)
        if shown is None:
            break
        asked.append(shown["value"]["attribute"])
        result = client.runs.wait(thread, "raise", command={"resume": answer})
    assert 1 <= len(asked) <= 3
    assert len(set(asked)) == len(asked)
    assert result["outcome"] == "answered"
    assert result["degraded"] == []
    assert result["pending"] is None
    assert result["facts"]["age"]["evidence"]
    assert len(result["messages"][-1]["content"].split()) > 40


def test_the_interrupt_tells_what_to_answer_and_that_it_may_be_skipped(client: Any) -> None:
    thread = client.threads.create()["thread_id"]
    result = client.runs.wait(thread, "raise", input=message(SENSITIVE))
    shown = waiting(client, thread)
    assert shown is not None
    question: Any = shown["value"]
    assert {"id", "attribute", "question", "reason", "remaining", "skip"} <= set(question)
    assert question["question"] == result["messages"][-1]["content"]
    assert result["__interrupt__"][0]["value"] == question
    assert "skip" in question["skip"]
    schema = shown["response_schema"]
    assert "own words" in schema["description"]
    assert {"type": "string"} in schema["anyOf"]


def schemas(client: Any) -> Any:
    assistant = client.assistants.search(graph_id="raise")[0]
    assert "asks the few facts" in assistant["description"]
    return client.assistants.get_schemas(assistant["assistant_id"])


def test_the_input_is_one_field_and_says_what_to_write(client: Any) -> None:
    fields = schemas(client)["input_schema"]["properties"]
    assert set(fields) == {"messages"}
    assert '"role": "user"' in fields["messages"]["description"]
    kinds = {kind["$ref"] for kind in fields["messages"]["items"]["oneOf"]}
    assert "#/$defs/HumanMessage" in kinds  # how Studio knows a chat


def test_the_output_shows_reply_question_and_facts_and_no_internals(client: Any) -> None:
    schema = schemas(client)["output_schema"]
    fields = schema["properties"]
    assert {"messages", "outcome", "pending", "facts"} <= set(fields)
    assert not {"schema_version", "policy", "asked", "asked_before", "answer"} & set(fields)
    assert all(field.get("description") for field in fields.values())
    assert "answered" in fields["outcome"]["enum"]
    for part in ("Question", "Fact"):
        described = [one.get("description") for one in schema["$defs"][part]["properties"].values()]
        assert sum(map(bool, described)) >= len(described) / 2


def test_the_context_is_a_form_with_a_description_for_each_field(client: Any) -> None:
    fields = schemas(client)["context_schema"]["properties"]
    assert {"budget", "model", "country", "mode"} <= set(fields)
    assert all(field.get("description") for field in fields.values())
    assert all(field.get("title") for field in fields.values())
    assert fields["mode"]["enum"] == ["interrupt", "message"]
    assert fields["model"]["default"] == "offline"
    assert all("default" in field for field in fields.values())


def test_every_node_says_what_it_does(client: Any) -> None:
    assistant = client.assistants.search(graph_id="raise")[0]
    nodes = client.assistants.get_graph(assistant["assistant_id"])["nodes"]
    ours = {node["id"]: node for node in nodes if not node["id"].startswith("__")}
    assert {"triage", "select", "ask", "respond"} <= set(ours)
    for node in ours.values():
        assert len(node["metadata"]["description"].split()) > 5
