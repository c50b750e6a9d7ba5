// The simulator's JSON calls, each to this site only.

import { word } from "./words.js";

const root = "/simulator/api/";

/** A call that did not succeed; `message` is a sentence for the person. `offline`: nobody answered. */
export class CallError extends Error {
  constructor(message, offline = false) {
    super(message);
    this.name = "CallError";
    this.offline = offline;
  }
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(root + path, { cache: "no-store", credentials: "same-origin", ...options });
  } catch {
    throw new CallError(word("network"), true);
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  throw new CallError(answer?.error ?? word("refused", { status: response.status }));
}

function post(path, body) {
  return call(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** A look at something may not hang, or the page would stop looking. */
function look(path, values = {}) {
  return call(`${path}?${new URLSearchParams(values)}`, { signal: AbortSignal.timeout(20_000) });
}

/** Ids of people are text on this page, whatever the server counts with. */
const named = ({ id, name }) => ({ id: String(id), name });

export const listPeople = async () => (await look("people")).map(named);
export const addPerson = async (name) => named({ ...(await post("people", { name })), name });
export const listUnions = () => look("unions");
export const getState = (person) => look("state", { person });
/** The collection group: `{bound, name}`. */
export const getGroup = () => look("group");
export const getClock = () => look("clock");
export const setClock = (now) => post("clock", { now });

/** What `person` can see beyond message `after`, oldest first. */
export async function getMessages(person, after) {
  const messages = await look("messages", { person, after });
  return messages.map((message) => ({ ...message, from: String(message.from) }));
}

/**
 * Send one message; a `file` in it makes the request multipart.
 *
 * `key` is the same when a message is sent again, so that a server may answer a repeat
 * without doing it twice.
 */
export function sendMessage({ file, ...fields }) {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  if (!file) return post("messages", Object.fromEntries(given));
  const form = new FormData();
  for (const [name, value] of given) form.append(name, value);
  form.append("file", file, file.name);
  return call("messages", { method: "POST", body: form });
}
