// One chat of one person as drawn: log, messages on their way, quick replies, composer.

import { divider, messageElement, needsDivider } from "./bubbles.js";
import { callChoices, choicesFor } from "./choices.js";
import { Composer } from "./composer.js";
import { joining, scanGroupCode } from "./dialogs.js";
import { piece, word } from "./words.js";

const nearEnd = 80;
const touch = matchMedia("(pointer: coarse)");

export class ChatView {
  /** `names(id)` gives the name of a person; `chatName` is "private" or "group". */
  constructor(conversation, chatName, names) {
    this.conversation = conversation;
    this.chatName = chatName;
    this.names = names;
    this.lastAt = null;
    this.last = null;
    this.botSpoke = false;
    this.begun = false;
    // Whether the view keeps to the end: until someone scrolls up, or a long answer fills the screen.
    this.stay = true;
    // The first message of the bot's newest answer.
    this.answer = null;
    this.element = piece("chat");
    const slots = { name: conversation.person.name };
    for (const part of ["scroller", "log", "outgoing", "quick", "newer", "empty", "group-notice", "group-tools"]) {
      this[part] = this.element.querySelector(`.${part}`);
    }
    this.scroller.setAttribute("aria-label", word(`chat_${chatName}`, slots));
    this.log.setAttribute("aria-label", word(`chat_${chatName}`, slots));
    this.composer = new Composer(this.element, {
      person: conversation.person,
      chatName,
      label: word(`write_${chatName}`, slots),
      send: (fields) => this.#send(fields),
    });
    this.empty.textContent = word(`empty_${chatName}`);
    this.#groupTools();
    this.#listen();
    this.#keepToEnd();
    this.#drawNotice();
  }

  get shown() {
    return !this.element.hidden && this.element.isConnected;
  }

  set shown(shown) {
    this.element.hidden = !shown;
    if (shown) this.#toEnd();
  }

  #listen() {
    this.conversation.addEventListener("messages", (event) => this.#receive(event.detail));
    this.conversation.addEventListener("outgoing", () => this.#drawOutgoing());
    this.conversation.addEventListener("state", () => {
      this.#drawQuick();
      this.#drawNotice();
      // Buttons take room behind an answer that is on the screen already.
      if (this.stay) this.#follow(this.answer);
    });
    this.newer.addEventListener("click", () => {
      this.#toEnd();
      this.scroller.focus();
    });
  }

  /** The group's QR code, and a call of the bot, which answers nothing else there. */
  #groupTools() {
    this["group-tools"].hidden = this.chatName !== "group";
    this.element.querySelector(".group-call").addEventListener("click", () => this.composer.callWith(word("call")));
    this.codeButton = this.element.querySelector(".group-code");
    this.codeButton.addEventListener("click", () => this.showGroupCode());
  }

  /** Show the group's QR code; whoever scans it joins. */
  async showGroupCode() {
    if (await scanGroupCode(this.conversation.person)) this.#send(joining);
    this.codeButton.focus();
  }

  #keepToEnd() {
    this.scroller.addEventListener("scroll", () => {
      this.stay = this.#isAtEnd();
      if (this.stay) this.newer.hidden = true;
    });
    // Pictures have no height until they arrive, and a growing text box takes room away.
    const follow = () => {
      if (this.stay) this.#toEnd();
    };
    this.log.addEventListener("load", follow, true);
    new ResizeObserver(follow).observe(this.scroller);
  }

  #send(fields) {
    this.stay = true;
    const sent = this.conversation.send({ chat: this.chatName, ...fields });
    this.#toEnd();
    return sent;
  }

  #receive(messages) {
    const fresh = messages.filter((message) => message.chat === this.chatName);
    let firstOfBot = null;
    for (const message of fresh) {
      const element = this.#append(message);
      if (element && message.from === "bot") firstOfBot ??= element;
    }
    // The history is not read out when the page opens; only what comes later is.
    if (!this.begun) requestAnimationFrame(() => this.log.setAttribute("aria-live", "polite"));
    this.empty.hidden = this.log.childElementCount > 0;
    this.#drawOutgoing();
    this.#drawQuick();
    this.#drawNotice();
    // Of several files sent at once each answer is shown, though a long one had filled the screen.
    const own = fresh.some((message) => message.from === this.conversation.person.id);
    this.answer = this.begun ? firstOfBot : null;
    if (this.stay || (own && this.begun)) this.#follow(this.answer);
    else if (fresh.length && this.shown) this.newer.hidden = false;
    this.begun = true;
  }

  #append(message) {
    const isBot = message.from === "bot";
    const mine = message.from === this.conversation.person.id;
    const name = isBot ? word("account") : this.names(message.from);
    const element = messageElement(message, { mine, name, named: this.chatName === "group" });
    if (!element) return null;
    const at = new Date(message.at);
    if (needsDivider(this.lastAt, at)) {
      this.log.append(divider(at));
      this.lastAt = at;
    }
    this.log.append(element);
    this.last = message;
    this.botSpoke ||= isBot;
    return element;
  }

  #drawOutgoing() {
    const entries = this.conversation.outgoing.filter((entry) => entry.fields.chat === this.chatName);
    this.outgoing.replaceChildren(...entries.map((entry) => this.#outgoingElement(entry)));
    this.#drawQuick();
    if (entries.length) {
      this.empty.hidden = true;
      if (this.stay) this.#toEnd();
    }
  }

  #outgoingElement(entry) {
    const { kind, text, file, event } = entry.fields;
    const name = this.conversation.person.name;
    const shown = {
      kind,
      text: event ? word(event) : text,
      preview: entry.preview,
      file: file ? { name: file.name, size: file.size } : null,
    };
    const element = messageElement(shown, { mine: true, name, named: false });
    element.querySelector(".message-body").append(entry.failed ? this.#failure(entry) : piece("sending"));
    return element;
  }

  #failure(entry) {
    const element = piece("failed");
    element.setAttribute("role", "alert");
    element.querySelector(".reason").textContent = entry.failed.message;
    element.querySelector(".again").addEventListener("click", () => {
      this.conversation.again(entry);
      this.focusInput();
    });
    element.querySelector(".discard").addEventListener("click", () => {
      this.conversation.discard(entry);
      this.focusInput();
    });
    return element;
  }

  #drawQuick() {
    const waiting = this.conversation.outgoing.some((entry) => entry.fields.chat === this.chatName);
    const choices = waiting ? [] : this.#choices();
    this.quick.replaceChildren(...choices.map((choice) => this.#quickButton(choice)));
    this.quick.hidden = choices.length === 0;
  }

  #choices() {
    if (this.chatName === "group") return this.#isBound ? callChoices() : [];
    return this.last?.from === "bot" ? choicesFor(this.last, this.conversation.state) : [];
  }

  #quickButton({ send, label, whole }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quick-reply";
    button.textContent = label;
    button.title = whole;
    button.addEventListener("click", () => {
      this.#send({ kind: "text", text: send });
      this.focusInput();
    });
    return button;
  }

  /** The server says whether the group is bound; until it has, a word of the bot there shows it. */
  get #isBound() {
    return this.conversation.group?.bound ?? this.botSpoke;
  }

  #drawNotice() {
    this["group-notice"].hidden = this.chatName !== "group" || this.#isBound;
  }

  /** Put the cursor where one goes on: on a touch screen not the text box, which would open the keyboard. */
  focusInput() {
    if (touch.matches) this.scroller.focus();
    else this.composer.focus();
  }

  #isAtEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < nearEnd;
  }

  #toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.newer.hidden = true;
  }

  /** Show what is new; where it is taller than the screen, from its beginning. */
  #follow(first) {
    this.#toEnd();
    if (!first) return;
    const above = this.scroller.getBoundingClientRect().top - first.getBoundingClientRect().top;
    if (above > 0) this.scroller.scrollTop -= above + 8;
  }
}
