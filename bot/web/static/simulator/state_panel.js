// The state panel: one person's draft exactly as stored.

import { sizeText } from "./bubbles.js";
import { piece, pieces, word, wordFor } from "./words.js";

const body = document.getElementById("state-body");
const title = document.getElementById("state-title");

/** Draw what `conversation` knows; `unions` maps union codes to names. */
export function drawState(conversation, unions) {
  const { person, state, lastOutcome } = conversation;
  title.textContent = word("state_of", { name: person.name });
  if (!state) return;
  const rawOpen = body.querySelector(".raw")?.open ?? false;
  const content = pieces("state");
  const rows = fieldRows(state);
  content.querySelector(".state-facts").replaceChildren(...facts(state, rows, unions, lastOutcome));
  drawAnswers(content, state, rows);
  drawFiles(content, state.submission?.files ?? []);
  content.querySelector(".raw").open = rawOpen;
  content.querySelector(".raw pre").textContent = JSON.stringify(state, null, 2);
  body.replaceChildren(content);
}

/** `[{key, order, label, value_text}]` as the server gives them, else made from the answers. */
function fieldRows(state) {
  const given = state.fields ?? state.submission?.fields;
  if (given) return given;
  return Object.entries(state.submission?.answers ?? {}).map(([key, value]) => ({
    key,
    order: null,
    label: key,
    value_text: typeof value === "string" ? value : JSON.stringify(value),
  }));
}

function fieldName(key, rows) {
  const row = rows.find((candidate) => candidate.key === key);
  if (!row) return key;
  return row.order ? word("numbered", row) : row.label;
}

function facts(state, rows, unions, lastOutcome) {
  const { submission } = state;
  const shown = [];
  if (submission) {
    shown.push(["number", submission.number || word("no_number")]);
    shown.push(["state", wordFor("state", submission.state)]);
    shown.push(["union", unions.get(submission.union) ?? submission.union ?? word("none")]);
  } else {
    shown.push(["state", word("nothing_open")]);
  }
  shown.push(["asked", state.asked ? fieldName(state.asked, rows) : word("none")]);
  shown.push(["pending", state.pending ? pendingText(state.pending) : word("none")]);
  if (lastOutcome) shown.push(["last_outcome", wordFor("outcome", lastOutcome)]);
  shown.push(["roles", state.roles?.length ? state.roles.map(roleText).join(word("list_comma")) : word("none")]);
  if (submission?.missing?.length) {
    shown.push(["missing", submission.missing.map((key) => fieldName(key, rows)).join("\n")]);
  }
  return shown.map(([name, value]) => fact(word(name), value));
}

function pendingText(pending) {
  if (typeof pending === "string") return pending;
  return pending.text ?? (pending.kind ? wordFor("pending", pending.kind) : JSON.stringify(pending));
}

function roleText(role) {
  return typeof role === "string" ? wordFor("role", role) : (role.label ?? JSON.stringify(role));
}

function fact(name, value) {
  const element = piece("fact");
  element.querySelector("dt").textContent = name;
  element.querySelector("dd").textContent = value;
  return element;
}

function isFilled(row) {
  return row.value_text !== null && row.value_text !== undefined && row.value_text !== "";
}

function drawAnswers(content, state, rows) {
  const list = content.querySelector(".answers");
  const hidden = !state.submission;
  for (const name of [".answers", ".answers-title", ".progress"]) content.querySelector(name).hidden = hidden;
  if (hidden) return;
  const done = rows.filter(isFilled).length;
  const left = state.submission.missing?.length ?? 0;
  content.querySelector(".progress").textContent = word(left ? "answered_count" : "answered_only", { done, left });
  list.replaceChildren(...rows.map((row) => answer(row, row.key === state.asked)));
}

function answer(row, isAsked) {
  const element = piece("answer");
  element.querySelector(".answer-label").textContent = row.order ? word("numbered", row) : row.label;
  element.querySelector(".answer-value").textContent = isFilled(row) ? row.value_text : word("not_filled");
  element.classList.toggle("unfilled", !isFilled(row));
  if (isAsked) element.setAttribute("aria-current", "step");
  return element;
}

function drawFiles(content, files) {
  for (const name of [".files", ".files-title"]) content.querySelector(name).hidden = files.length === 0;
  content.querySelector(".files").replaceChildren(
    ...files.map((file) => {
      const item = document.createElement("li");
      const name = file.caption || file.name || "";
      item.textContent = Number.isFinite(file.size) ? word("file_line", { name, size: sizeText(file.size) }) : name;
      return item;
    }),
  );
}
