// The simulator page: people, the phones on the screen, and the steady look for new messages.

import * as api from "./api.js";
import { dressAvatar } from "./bubbles.js";
import { Clock } from "./clock.js";
import { Conversation } from "./conversation.js";
import { joining } from "./dialogs.js";
import { keep, recall } from "./memory.js";
import { Pane, drawBadge } from "./pane.js";
import { Panel, narrow } from "./panels.js";
import { drawState } from "./state_panel.js";
import { piece, word } from "./words.js";

const interval = 2000;
const clockEvery = 5;
const shortWhile = 6000;
const most = 3;
const lookedAtMost = 30;

const list = document.getElementById("people-list");
const phones = document.getElementById("phones");
const nobody = document.getElementById("nobody");
const status = document.getElementById("status");
const rootSize = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

const people = new Map();
const panes = new Map();
const unions = new Map();
// Who is open, the one used last at the end.
let recent = [];
let loaded = false;
// What a QR code asks for that was scanned with a real phone, whose browser opened this page.
let scanned = new URLSearchParams(location.search).get("scene");

const panels = {
  people: new Panel("people", { drawer: true }),
  clock: new Panel("clock"),
  state: new Panel("state", {
    drawer: true,
    changed: (open) => {
      if (!narrow.matches) keep("state_open", open);
      layOut();
    },
  }),
};
const clock = new Clock(panels.clock.element, lookEverywhere);

const nameOf = (id) => people.get(id)?.name ?? String(id);
const shownPanes = () => Array.from(panes.values()).filter((pane) => !pane.element.hidden);
const activePane = () => panes.get(recent.at(-1));

function say(text, isTrouble = true) {
  status.textContent = text;
  status.classList.toggle("trouble", isTrouble);
  if (!isTrouble) setTimeout(() => status.textContent === text && say(""), shortWhile);
}

async function readPeople() {
  for (const person of await api.listPeople()) {
    if (!people.has(person.id)) people.set(person.id, person);
  }
}

function paneOf(id) {
  if (!panes.has(id)) {
    const conversation = new Conversation(people.get(id));
    const pane = new Pane(conversation, { activate, close: closePane, names: nameOf });
    panes.set(id, pane);
    pane.element.hidden = true;
    phones.append(pane.element);
    conversation.addEventListener("state", () => drawActiveState(pane));
    conversation.addEventListener("messages", (event) => arrived(event.detail));
    conversation.addEventListener("contact", (event) => drawContact(event.detail));
  }
  return panes.get(id);
}

async function arrived(messages) {
  drawPeople();
  if (messages.every((message) => message.from === "bot" || people.has(message.from))) return;
  await readPeople().catch(() => {});
  drawPeople();
}

let contactTrouble = "";

function drawContact(error) {
  const text = error ? (error.offline ? word("offline") : error.message) : "";
  if (text || (contactTrouble && status.textContent === contactTrouble)) say(text);
  contactTrouble = text;
}

function drawActiveState(pane) {
  if (pane === activePane()) drawState(pane.conversation, unions);
}

/** How many phones fit beside each other, each about 20 characters wide. */
function capacity() {
  if (narrow.matches) return 1;
  return Math.max(1, Math.min(most, Math.floor(phones.clientWidth / (rootSize() * 20))));
}

function layOut() {
  const shown = new Set(recent.slice(-capacity()));
  for (const id of shown) paneOf(id);
  for (const [id, pane] of panes) {
    if (pane.element.hidden === shown.has(id)) pane.show(shown.has(id));
    pane.element.classList.toggle("active", id === recent.at(-1));
    pane.element.querySelector(".pane-close").hidden = shown.size < 2;
  }
  // Until the server has said who is there, the desk is not known to be empty.
  nobody.hidden = !loaded || recent.length > 0;
  document.getElementById("current-person").textContent = recent.length ? nameOf(recent.at(-1)) : word("choose_person");
  drawPeople();
}

function drawPeople() {
  const shown = new Set(shownPanes().map((pane) => pane.person.id));
  for (const person of people.values()) {
    const button = personButton(person);
    button.setAttribute("aria-pressed", String(shown.has(person.id)));
    drawBadge(button.querySelector(".badge"), panes.get(person.id)?.allUnread ?? 0);
  }
}

function personButton(person) {
  const known = list.querySelector(`[data-person="${CSS.escape(person.id)}"]`);
  if (known) return known;
  const item = piece("person");
  const button = item.querySelector("button");
  button.dataset.person = person.id;
  button.querySelector(".person-name").textContent = person.name;
  dressAvatar(button.querySelector(".avatar"), person.name);
  button.addEventListener("click", () => openPerson(person.id));
  list.append(item);
  return button;
}

function activate(pane) {
  if (pane.person.id === recent.at(-1)) return;
  touch(pane.person.id);
  for (const other of panes.values()) other.element.classList.toggle("active", other === pane);
  drawState(pane.conversation, unions);
}

function touch(id) {
  recent = [...recent.filter((other) => other !== id), id].slice(-most);
  keep("open", recent);
}

function openPerson(id) {
  const pane = paneOf(id);
  touch(id);
  if (narrow.matches) panels.people.set(false, true);
  layOut();
  pane.conversation.poll();
  drawState(pane.conversation, unions);
  if (narrow.matches) pane.element.querySelector(".pane-title").focus();
  else pane.chat.composer.focus();
  return pane;
}

/** Let the person who is open, and nobody after, do what the scanned code asks for. */
function followCode() {
  const pane = activePane();
  if (!scanned || !pane) return;
  const scene = scanned;
  scanned = null;
  history.replaceState(null, "", location.pathname);
  if (scene === joining.scene) {
    pane.choose("group");
    pane.chat.showGroupCode();
  } else pane.conversation.send({ chat: "private", kind: "event", event: "scan", scene });
}

function closePane(pane) {
  recent = recent.filter((id) => id !== pane.person.id);
  keep("open", recent);
  layOut();
  const left = activePane();
  if (!left) return;
  drawState(left.conversation, unions);
  left.chat.composer.focus();
}

async function addPerson(event) {
  event.preventDefault();
  const input = event.target.elements.name;
  const name = input.value.trim();
  if (!name) return;
  try {
    const { id } = await api.addPerson(name);
    people.set(id, { id, name });
    input.value = "";
    say(word("person_added", { name }), false);
    // A person who opens the account for the first time follows it, and the platform says so.
    openPerson(id).conversation.send({ chat: "private", kind: "event", event: "join" });
    followCode();
  } catch (error) {
    say(error.message);
  }
}

/** Look at everyone's messages, the closed phones too; how many the bot sent since `before`. */
async function lookEverywhere(before) {
  const ids = Array.from(people.keys()).slice(0, lookedAtMost);
  const fresh = (await Promise.all(ids.map((id) => paneOf(id).conversation.refresh()))).flat();
  const sent = fresh.filter((message) => message.from === "bot" && new Date(message.at) >= before);
  return new Set(sent.map((message) => message.id)).size;
}

let ticks = 0;

async function tick() {
  if (!loaded) await loadFirst();
  else if (!document.hidden) {
    ticks += 1;
    const polls = shownPanes().map((pane) => pane.conversation.poll());
    if (ticks % clockEvery === 0) polls.push(clock.refresh().catch(() => {}));
    await Promise.all(polls);
  }
  setTimeout(tick, interval);
}

function setLarge(large) {
  document.documentElement.classList.toggle("large", large);
  document.getElementById("large-toggle").setAttribute("aria-pressed", String(large));
  keep("large", large);
  layOut();
}

async function begin() {
  setLarge(recall("large", false));
  document.getElementById("large-toggle").addEventListener("click", () => {
    setLarge(!document.documentElement.classList.contains("large"));
  });
  for (const id of ["add-person", "add-first"]) document.getElementById(id).addEventListener("submit", addPerson);
  panels.state.set(!narrow.matches && recall("state_open", true), true);
  new ResizeObserver(layOut).observe(phones);
  narrow.addEventListener("change", () => {
    panels.people.set(false, true);
    panels.state.set(!narrow.matches && recall("state_open", true), true);
  });
  document.addEventListener("visibilitychange", () => {
    for (const pane of shownPanes()) pane.conversation.poll();
  });
  tick();
}

async function loadFirst() {
  try {
    await readPeople();
    for (const union of await api.listUnions()) unions.set(union.code, union.name);
    await clock.refresh();
  } catch (error) {
    say(error.message);
    return;
  }
  loaded = true;
  say("");
  const known = recall("open", []).filter((id) => people.has(id));
  recent = known.length ? known : Array.from(people.keys()).slice(0, 2).reverse();
  layOut();
  for (const pane of shownPanes()) pane.conversation.poll();
  followCode();
}

begin();
