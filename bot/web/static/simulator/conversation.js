// One person's exchange with the server: what arrived, what is on its way out, the stored state.

import * as api from "./api.js";

const soon = 500;

function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Fires "messages" (detail: the new ones), "outgoing", "state" and "contact" (detail: an error or null).
 *
 * Calls for one person run one after the other, so that two quick messages keep their order
 * and a poll never shows a message that is still shown as being sent.
 */
export class Conversation extends EventTarget {
  constructor(person) {
    super();
    this.person = person;
    this.messages = [];
    this.outgoing = [];
    this.state = null;
    this.group = null;
    this.lastOutcome = null;
    this.loaded = false;
    this.waiting = 0;
    this.tail = Promise.resolve();
  }

  #inTurn(task) {
    this.waiting += 1;
    const turn = this.tail.then(task).finally(() => {
      this.waiting -= 1;
    });
    this.tail = turn.catch(() => {});
    return turn;
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** Fetch what is new, unless a call is already under way. */
  async poll() {
    if (this.waiting === 0) await this.refresh();
  }

  /** Fetch what is new once every call before it is done; resolves to the new messages. */
  refresh() {
    return this.#inTurn(async () => {
      try {
        const fresh = await this.#fetchNew();
        this.#show(fresh);
        if (fresh.length || !this.state) await this.#fetchState();
        this.#tell("contact");
        return fresh;
      } catch (error) {
        this.#tell("contact", error);
        return [];
      }
    });
  }

  async #fetchNew() {
    const after = this.messages.at(-1)?.id ?? 0;
    const answer = await api.getMessages(this.person.id, after);
    return answer.filter((message) => message.id > after);
  }

  async #fetchState() {
    [this.state, this.group] = await Promise.all([api.getState(this.person.id), api.getGroup()]);
    this.#tell("state");
  }

  #show(fresh) {
    const first = !this.loaded;
    this.loaded = true;
    this.messages.push(...fresh);
    if (fresh.length || first) this.#tell("messages", fresh);
  }

  /** Send `fields` (chat, kind, text, file, event, scene); resolves when it went out or failed. */
  send(fields) {
    const entry = { fields: { person: this.person.id, key: freshKey(), ...fields }, failed: null, preview: null };
    if (fields.kind === "image" && fields.file) entry.preview = URL.createObjectURL(fields.file);
    this.outgoing.push(entry);
    return this.#deliver(entry);
  }

  /** Send a failed entry once more, under the same key. */
  again(entry) {
    entry.failed = null;
    return this.#deliver(entry);
  }

  /** Forget a failed entry. */
  discard(entry) {
    this.outgoing = this.outgoing.filter((other) => other !== entry);
    if (entry.preview) URL.revokeObjectURL(entry.preview);
    this.#tell("outgoing");
  }

  #deliver(entry) {
    this.#tell("outgoing");
    return this.#inTurn(async () => {
      try {
        this.lastOutcome = (await api.sendMessage(entry.fields)).outcome ?? null;
      } catch (error) {
        entry.failed = error;
        this.#tell("outgoing");
        return;
      }
      await this.#settle(entry);
    });
  }

  async #settle(entry) {
    try {
      const fresh = await this.#fetchNew();
      this.discard(entry);
      this.#show(fresh);
      await this.#fetchState();
      this.#tell("contact");
      // The answer travels through an outbox and may be a moment behind.
      if (!fresh.some((message) => message.from === "bot")) setTimeout(() => this.poll(), soon);
    } catch (error) {
      // The message went out; only the look at the answer failed, and the next poll brings it.
      this.discard(entry);
      this.#tell("contact", error);
    }
  }
}
