// The lower edge of a chat: the text box, the "+" panel, files by choice, drop or paste.

import { askTranscript, chooseUnion, joining } from "./dialogs.js";
import { keep, recall } from "./memory.js";

/** What WeChat would call a file that was dropped or pasted. */
function kindOf(file) {
  const family = file.type.split("/")[0];
  return family === "image" || family === "video" ? family : "file";
}

/**
 * Turns what a person does in `chat` (the element of one chat) into `send(fields)` calls.
 *
 * What is typed but not sent survives a reload; it is kept per person and chat.
 */
export class Composer {
  constructor(chat, { person, chatName, label, send }) {
    this.person = person;
    this.chatName = chatName;
    this.send = send;
    this.form = chat.querySelector(".composer");
    this.typed = chat.querySelector(".typed");
    this.more = chat.querySelector(".more");
    this.plus = chat.querySelector(".plus");
    this.memoryKey = `typed.${person.id}.${chatName}`;
    this.typed.setAttribute("aria-label", label);
    this.typed.value = recall(this.memoryKey, "");
    this.#typing();
    this.#picking();
    this.more.querySelector('[data-add="join"]').hidden = chatName !== "group";
    this.#grow();
  }

  focus() {
    this.typed.focus();
  }

  /** Write `call` before what is typed, and go on behind it. */
  callWith(call) {
    if (!this.typed.value.startsWith(call)) this.typed.value = `${call} ${this.typed.value}`;
    this.#grow();
    this.typed.focus();
    this.typed.setSelectionRange(this.typed.value.length, this.typed.value.length);
  }

  /** Send each file as its own message, in order. */
  sendFiles(files, kind = null) {
    for (const file of files) this.send({ kind: kind ?? kindOf(file), file });
  }

  #typing() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#sendTyped();
    });
    this.typed.addEventListener("input", () => this.#grow());
    this.typed.addEventListener("keydown", (event) => {
      // While an input method is composing, Enter chooses a word and must not send.
      const composing = event.isComposing || event.keyCode === 229;
      if (event.key !== "Enter" || event.shiftKey || composing) return;
      event.preventDefault();
      this.#sendTyped();
    });
    this.typed.addEventListener("paste", (event) => {
      const files = Array.from(event.clipboardData?.files ?? []);
      if (!files.length) return;
      event.preventDefault();
      this.sendFiles(files);
    });
  }

  #sendTyped() {
    const text = this.typed.value;
    if (text.trim() !== "") {
      this.typed.value = "";
      this.#grow();
      this.send({ kind: "text", text });
    }
    this.typed.focus();
  }

  /** The hidden copy of the text in CSS gives the box its height, so no style is written here. */
  #grow() {
    this.typed.parentElement.dataset.copy = this.typed.value;
    keep(this.memoryKey, this.typed.value);
  }

  #picking() {
    this.plus.addEventListener("click", () => this.#showMore(this.more.hidden));
    this.form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.more.hidden) return;
      event.stopPropagation();
      this.#showMore(false);
      this.plus.focus();
    });
    for (const item of this.more.querySelectorAll("[data-add]")) {
      item.addEventListener("click", () => this.#add(item.dataset.add));
    }
    for (const input of this.form.querySelectorAll("[data-pick]")) {
      input.addEventListener("change", () => {
        this.sendFiles(Array.from(input.files), input.dataset.pick);
        input.value = "";
        this.#showMore(false);
        this.plus.focus();
      });
    }
  }

  #showMore(shown) {
    this.more.hidden = !shown;
    this.plus.setAttribute("aria-expanded", String(shown));
    if (shown) this.more.querySelector(".more-item").focus();
  }

  async #add(what) {
    const input = this.form.querySelector(`[data-pick="${what}"]`);
    if (input) {
      input.click();
      return;
    }
    await this.#addEvent(what);
    this.#showMore(false);
    this.plus.focus();
  }

  async #addEvent(what) {
    if (what === "voice") {
      const text = await askTranscript(this.person);
      if (text !== null) this.send({ kind: "voice", text });
    } else if (what === "scan") {
      const code = await chooseUnion(this.person);
      if (code !== null) this.send({ kind: "event", event: "scan", scene: `union-${code}` });
    } else if (what === "join") {
      this.send(joining);
    }
  }
}
