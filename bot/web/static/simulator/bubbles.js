// Messages as WeChat draws them; everything a person or the bot wrote is set as text, never as markup.

import { momentText } from "./moments.js";
import { piece, pieces, word } from "./words.js";

const address = /https?:\/\/[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+/g;
const addressTail = /[.,;:!?'")\]]+$/;
const quietGap = 5 * 60 * 1000;
const tones = 6;

/** Whether a divider with the time belongs between two instants (the first may be null). */
export function needsDivider(before, now) {
  return before === null || Math.abs(now - before) > quietGap;
}

export function divider(instant) {
  const element = piece("divider");
  const time = element.querySelector("time");
  time.dateTime = instant.toISOString();
  time.textContent = momentText(instant);
  return element;
}

/** Write the initials of `name` into an avatar and give it a colour of its own. */
export function dressAvatar(element, name, isBot = false) {
  const letters = Array.from(name.trim());
  const latin = /^[\x20-\x7e]+$/.test(name);
  element.textContent = isBot ? letters.slice(0, 2).join("") : (latin ? letters.slice(0, 2) : letters.slice(-2)).join("");
  const sum = letters.reduce((total, letter) => total + letter.codePointAt(0), 0);
  element.classList.add(isBot ? "tone-bot" : `tone-${sum % tones}`);
}

/** `text` with its web addresses as links, line breaks kept. */
export function linkedText(text) {
  const fragment = document.createDocumentFragment();
  let done = 0;
  for (const match of text.matchAll(address)) {
    const shown = match[0].replace(addressTail, "");
    fragment.append(text.slice(done, match.index), outwardLink(shown, shown));
    done = match.index + shown.length;
  }
  fragment.append(text.slice(done));
  return fragment;
}

function outwardLink(target, text) {
  const link = document.createElement("a");
  link.href = target;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.textContent = text;
  return link;
}

function webAddress(value) {
  try {
    const url = new URL(value, location.href);
    return url.protocol === "http:" || url.protocol === "https:" ? url : null;
  } catch {
    return null;
  }
}

function bubble(...content) {
  const element = document.createElement("div");
  element.className = "bubble";
  element.append(...content);
  return element;
}

function picture(source, name, message) {
  const element = piece("picture");
  const image = element.querySelector("img");
  element.href = source;
  image.src = source;
  const file = message.file?.name;
  const text = message.text?.trim();
  if (file) image.alt = word("picture_named", { name, file });
  else if (text) image.alt = word("picture_about", { name, text: Array.from(text).slice(0, 40).join("") });
  else image.alt = word("picture_of", { name });
  return element;
}

/** Bytes as people read them. */
export function sizeText(size) {
  if (size < 1024) return word("bytes", { count: size });
  if (size < 1024 * 1024) return `${(size / 1024).toFixed(1)} KB`;
  return `${(size / 1024 / 1024).toFixed(1)} MB`;
}

function fileCard(file) {
  const card = piece("file");
  const source = sameSite(file.url);
  if (source) card.href = source;
  card.querySelector(".card-name").textContent = file.name || word("file_kind");
  card.querySelector(".card-note").textContent = Number.isFinite(file.size) ? sizeText(file.size) : "";
  const ending = /\.([A-Za-z0-9]{1,5})$/.exec(file.name ?? "");
  card.querySelector(".card-kind").textContent = ending ? ending[1].toUpperCase() : word("file_kind");
  return card;
}

function linkCard(link) {
  const url = webAddress(link);
  if (!url) return bubble(String(link));
  const card = piece("link");
  card.href = url.href;
  card.querySelector(".card-name").textContent = word("open_link");
  card.querySelector(".card-note").textContent = linkNote(url);
  return card;
}

/** Where a link leads; the unguessable end of a paper's address says nothing to anybody. */
function linkNote(url) {
  if (url.origin !== location.origin) return url.href;
  return url.pathname.startsWith("/p/") ? word("paper") : url.pathname;
}

function parts(message, name) {
  const shown = [];
  const kind = message.kind ?? message.file?.kind;
  const source = message.preview ?? sameSite(message.image_url);
  if (source) shown.push(picture(source, name, message));
  else if (message.file && kind !== "voice") shown.push(fileCard(message.file));
  if (message.text) {
    const text = document.createElement("p");
    text.className = "text";
    text.append(linkedText(message.text));
    shown.push(kind === "voice" ? bubble(pieces("voice"), text) : bubble(text));
  }
  if (message.link) shown.push(linkCard(message.link));
  return shown;
}

function sameSite(value) {
  const url = value ? webAddress(value) : null;
  return url && url.origin === location.origin ? url.href : null;
}

/**
 * The element of one message, or null where there is nothing to see (a scan, say).
 *
 * `mine`: on the right in green; `name`: who speaks, read aloud and, with `named`, shown.
 */
export function messageElement(message, { mine, name, named }) {
  const content = parts(message, name);
  if (!content.length) return null;
  const element = piece("message");
  element.classList.toggle("mine", mine);
  dressAvatar(element.querySelector(".avatar"), name, message.from === "bot");
  const sender = element.querySelector(".sender");
  sender.textContent = word("said", { name });
  sender.classList.toggle("unseen", mine || !named);
  element.querySelector(".message-body").append(...content);
  return element;
}
