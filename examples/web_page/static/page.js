// Talks to the server and shows what it says. Words are always set as text, never as HTML.
"use strict";

const at = (id) => document.getElementById(id);
const log = at("log"), draft = at("draft"), words = at("words"), status = at("status");
let question = null;
let busy = false;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function addMessage(who, text, { waiting = null, crisis = false } = {}) {
  at("hello").hidden = true;
  const message = element("article", `message ${who}${crisis ? " help" : ""}`);
  message.append(element("span", "hidden", who === "you" ? "You: " : "Reply: "));
  message.append(element("p", "", text));
  if (waiting) {
    const more = waiting.remaining
      ? `At most ${waiting.remaining} more after this one.` : "It is the last one.";
    message.append(element("p", "why", `Why I ask: ${waiting.reason}. ${more}`));
  }
  log.append(message);
  message.scrollIntoView({ block: who === "you" ? "nearest" : "start" });
  return message;
}

function showQuestion(waiting) {
  question = waiting;
  at("skip").hidden = !waiting;
  at("words-label").textContent = waiting ? "Your answer" : "Your message";
}

function showKnown(known) {
  at("nothing").hidden = known.length > 0;
  at("known").replaceChildren(...known.map((fact) => {
    const value = fact.declined ? "not told; I will not ask again" : fact.value;
    const item = element("li");
    item.append(element("span", "label", fact.label), element("span", "value", value));
    if (!fact.declined) {
      const remove = element("button", "", "Delete");
      remove.type = "button";
      remove.setAttribute("aria-label", `Delete ${fact.label}: ${fact.value}`);
      remove.addEventListener("click", () => deleteFact(fact));
      item.append(remove);
    }
    return item;
  }));
}

function showDialogue(told) {
  log.querySelectorAll(".message").forEach((message) => message.remove());
  at("hello").hidden = told.messages.length > 0;
  told.messages.forEach((message, number) => {
    const last = number === told.messages.length - 1 && message.who === "raise";
    addMessage(message.who, message.text, last ? { waiting: told.question, crisis: told.crisis } : {});
  });
  showKnown(told.known);
}

function setBusy(now, text) {
  busy = now;
  for (const button of document.querySelectorAll("button")) button.disabled = now;
  status.textContent = text;
}

// One line of JSON at a time, as it arrives.
async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const found = (rest + part.value).split("\n");
    rest = found.pop();
    for (const line of found) yield JSON.parse(line);
  }
}

async function say(text) {
  if (busy) return;
  const answered = question;
  const said = addMessage("you", text || "(skipped)");
  words.value = "";
  setBusy(true, "Reading …");
  let ended = false;
  try {
    const response = await fetch("/api/turn", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text, question_id: answered ? answered.id : null }),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    for await (const line of lines(response.body)) {
      if (line.piece) {
        draft.hidden = false;
        draft.textContent += line.piece;
      } else if (line.turn) {
        ended = true;
        addMessage("raise", line.turn.text, { waiting: line.turn.question, crisis: line.turn.crisis });
        showQuestion(line.turn.question);
        showKnown(line.turn.known);
        setBusy(false, line.turn.degraded ? "The model could not be reached at some point; built-in rules helped out." : "");
      } else if (line.error) {
        ended = true;
        said.remove();
        words.value = text;
        setBusy(false, line.error);
      }
    }
    if (!ended) throw new Error("cut off");
  } catch {
    if (!ended) {  // once the turn is there its words are taken, however the connection closes
      said.remove();
      words.value = text;
      setBusy(false, "That did not work; your words are still in the box. If you are in danger, call your local emergency number now.");
    }
  }
  draft.hidden = true;
  draft.textContent = "";
  words.focus();
}

// What is left after a deletion; null where it did not happen, which the status then says.
async function deleted(path, told) {
  setBusy(true, "Deleting …");
  let left = null;
  try {
    const response = await fetch(path, { method: "DELETE" });
    if (response.ok) left = await response.json();
  } catch { /* the server cannot be reached: nothing was deleted */ }
  setBusy(false, left ? told : "That could not be deleted; try again.");
  return left;
}

async function deleteFact(fact) {
  const left = await deleted(`/api/known/${encodeURIComponent(fact.id)}`, `Deleted: ${fact.label}.`);
  if (left) showDialogue({ ...left, question });
  at("known-title").focus();
}

async function deleteAll() {
  const left = await deleted("/api/dialogue", "Everything is deleted.");
  if (left) {
    showQuestion(null);
    showDialogue(left);
  }
  words.focus();
}

function leave(event) {
  event.preventDefault();
  document.body.replaceChildren();
  document.title = "Weather";
  fetch("/api/dialogue", { method: "DELETE", keepalive: true });
  location.replace(event.currentTarget.href);
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (words.value.trim()) say(words.value);
});
words.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("form").requestSubmit();
  }
});
at("skip").addEventListener("click", () => say(""));
at("delete-all").addEventListener("click", () => at("sure").showModal());
at("sure").addEventListener("close", () => {
  if (at("sure").returnValue === "yes") deleteAll();
  at("sure").returnValue = "no";
});
at("leave").addEventListener("click", leave);

fetch("/api/dialogue").then((response) => response.json()).then((told) => {
  at("model").textContent = told.offline ? "It answers by built-in rules, without a model." : "";
  if (told.messages.length) showDialogue(told);
  showQuestion(told.question || null);
});
