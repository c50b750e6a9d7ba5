// The dialogs of a chat: a voice message by its transcript, a union's QR code and the group's to scan.

import { listUnions } from "./api.js";
import { piece, word } from "./words.js";

const voice = document.getElementById("voice-dialog");
const voiceText = document.getElementById("voice-text");
const scan = document.getElementById("scan-dialog");
const unions = document.getElementById("unions");
const group = document.getElementById("group-dialog");
const trouble = scan.querySelector(".scan-trouble");

/** What a person sends by scanning the group's QR code. */
export const joining = { kind: "event", event: "join", scene: "group" };

group.querySelector(".group-join").addEventListener("click", () => group.close("join"));

for (const dialog of [voice, scan, group]) {
  for (const button of dialog.querySelectorAll("[data-cancel]")) {
    button.addEventListener("click", () => dialog.close(""));
  }
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close("");
  });
}

/** Show `dialog` for `person`; resolves to what it was closed with, "" when it was left. */
function ask(dialog, person) {
  dialog.querySelector(".dialog-person").textContent = word("acting_as", { name: person.name });
  dialog.returnValue = "";
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
  });
}

/** What the person said, or null. */
export async function askTranscript(person) {
  voiceText.value = "";
  const answer = ask(voice, person);
  voiceText.focus();
  const sent = (await answer) === "send" && voiceText.value.trim() !== "";
  return sent ? voiceText.value : null;
}

/** The code of the union whose QR code the person scanned, or null. */
export async function chooseUnion(person) {
  const answer = ask(scan, person);
  await fillUnions();
  return (await answer) || null;
}

/** Show the group's poster; whether the person scanned it. */
export async function scanGroupCode(person) {
  const answer = ask(group, person);
  const image = group.querySelector("img");
  // Its last day moves on with the clock, so it is fetched anew each time.
  image.src = `/simulator/group.png?${Date.now()}`;
  return (await answer) === "join";
}

async function fillUnions() {
  if (unions.childElementCount) return;
  trouble.hidden = true;
  try {
    unions.replaceChildren(...(await listUnions()).map(unionChoice));
  } catch (error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
  }
}

function unionChoice(union) {
  const item = piece("union");
  const image = item.querySelector("img");
  image.src = union.qr;
  image.alt = word("union_qr", { name: union.name });
  item.querySelector(".union-name").textContent = union.name;
  item.querySelector("button").addEventListener("click", () => scan.close(union.code));
  return item;
}
