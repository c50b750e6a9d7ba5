// One phone: whose it is, the two tabs, and the chat that is on top.

import { ChatView } from "./chat_view.js";
import { keep, recall } from "./memory.js";
import { piece, word } from "./words.js";

let count = 0;

export class Pane {
  /** `hooks`: `activate(pane)` when someone works in it, `close(pane)`, `names(id)`. */
  constructor(conversation, hooks) {
    this.conversation = conversation;
    this.person = conversation.person;
    this.hooks = hooks;
    this.seen = recall(`seen.${this.person.id}`, {});
    this.element = piece("pane");
    this.chats = {};
    this.tabs = Array.from(this.element.querySelectorAll(".tab"));
    this.#head();
    this.#build();
    this.#dropping();
    this.element.addEventListener("focusin", () => hooks.activate(this));
    this.element.addEventListener("pointerdown", () => hooks.activate(this));
    conversation.addEventListener("messages", () => this.#drawBadges());
    this.choose("private");
  }

  #head() {
    const { name } = this.person;
    this.element.setAttribute("aria-label", word("phone_of", { name }));
    this.element.querySelector(".owner").textContent = name;
    const close = this.element.querySelector(".pane-close");
    close.setAttribute("aria-label", word("close_phone", { name }));
    close.addEventListener("click", () => this.hooks.close(this));
  }

  #build() {
    const number = (count += 1);
    for (const tab of this.tabs) {
      const chatName = tab.dataset.chat;
      const view = new ChatView(this.conversation, chatName, this.hooks.names);
      this.chats[chatName] = view;
      tab.id = `tab-${number}-${chatName}`;
      view.element.id = `chat-${number}-${chatName}`;
      tab.setAttribute("aria-controls", view.element.id);
      view.element.setAttribute("aria-labelledby", tab.id);
      this.element.querySelector(".chats").append(view.element);
      tab.addEventListener("click", () => this.choose(chatName));
      tab.addEventListener("keydown", (event) => this.#moveTab(event, tab));
    }
  }

  #moveTab(event, tab) {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    const other = this.tabs.find((candidate) => candidate !== tab);
    this.choose(other.dataset.chat);
    other.focus();
  }

  /** Bring one of the two chats to the front. */
  choose(chatName) {
    this.chatName = chatName;
    for (const tab of this.tabs) {
      const chosen = tab.dataset.chat === chatName;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      this.chats[tab.dataset.chat].shown = chosen;
    }
    const title = this.element.querySelector(".pane-title");
    title.textContent = word(chatName === "group" ? "group" : "account");
    this.#drawBadges();
  }

  /** Put the pane on the screen or take it off; scroll positions start at the end again. */
  show(shown) {
    this.element.hidden = !shown;
    if (shown) this.choose(this.chatName);
  }

  get chat() {
    return this.chats[this.chatName];
  }

  /** How many of the bot's messages in `chatName` nobody has looked at. */
  unread(chatName) {
    const seen = this.seen[chatName] ?? 0;
    return this.conversation.messages.filter(
      (message) => message.chat === chatName && message.from === "bot" && message.id > seen,
    ).length;
  }

  get allUnread() {
    return this.unread("private") + this.unread("group");
  }

  #drawBadges() {
    const last = this.conversation.messages.at(-1)?.id ?? 0;
    // A server that started over counts from one again; what was seen before means nothing there.
    if (this.conversation.loaded && Object.values(this.seen).some((id) => id > last)) this.seen = {};
    if (this.element.isConnected && !this.element.hidden && (this.seen[this.chatName] ?? 0) < last) {
      this.seen[this.chatName] = last;
      keep(`seen.${this.person.id}`, this.seen);
    }
    for (const tab of this.tabs) drawBadge(tab.querySelector(".badge"), this.unread(tab.dataset.chat));
  }

  #dropping() {
    const hasFiles = (event) => Array.from(event.dataTransfer?.types ?? []).includes("Files");
    this.element.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.element.classList.add("dropping");
    });
    this.element.addEventListener("dragleave", (event) => {
      if (!this.element.contains(event.relatedTarget)) this.element.classList.remove("dropping");
    });
    this.element.addEventListener("drop", (event) => {
      this.element.classList.remove("dropping");
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.chat.composer.sendFiles(Array.from(event.dataTransfer.files));
    });
  }
}

/** Show `count` in a red badge, read as a sentence; nothing for zero. */
export function drawBadge(badge, count) {
  badge.hidden = count === 0;
  badge.textContent = count > 99 ? "99+" : String(count);
  if (count) badge.setAttribute("aria-label", word("unread", { count }));
}
