// Which short answers the bot's last message offers, read from its text and the stored state.

import { word } from "./words.js";

const numbered = /(?:^|[\n \u3000\t；;])(\d{1,2})[.．、)）]\s*(?!\d)([^\n]*?)(?=[ \u3000\t；;]+\d{1,2}[.．、)）](?!\d)|\n|$)/g;
const yesOrNo = /[“「"'【]是[”」"'】][\s\S]*[“「"'【]否[”」"'】]|是\s*[／/、或]\s*否/;
const labelEnd = /[：:（(。；—]/;

const namesIn = (attribute) => new Set((document.body.dataset[attribute] ?? "").split(" ").filter(Boolean));
const freeText = namesIn("freeText");
const yesNoFields = namesIn("yesNo");

/** The last list in `text` that counts 1, 2, 3 … without a gap, as `[{send, label, whole}]`; empty if under two. */
export function numberedChoices(text) {
  let run = [];
  for (const [, number, rest] of text.matchAll(numbered)) {
    const count = Number(number);
    if (count === 1) run = [];
    if (count !== run.length + 1) continue;
    const whole = rest.trim();
    run.push({ send: String(count), label: `${count}  ${whole.split(labelEnd)[0].trim()}`, whole });
  }
  return run.length > 1 ? run : [];
}

/**
 * The buttons to show under a message: the `choices` that the server gave with it, else read from its text.
 *
 * A numbered list inside a question that wants free text (the points of a summary, say) is
 * guidance, not a choice: a tapped "1" would become the answer. So there the list counts
 * only while a confirmation is pending.
 */
export function choicesFor({ text, choices: given }, state) {
  if (given) return given.map(({ send, label }) => ({ send: String(send), label, whole: label }));
  return readChoices(text ?? "", state);
}

function readChoices(text, state) {
  const open = state?.asked && !state.pending;
  if (open && freeText.has(state.asked)) return [];
  const choices = numberedChoices(text);
  const asksYesNo = yesOrNo.test(text) || (open && yesNoFields.has(state.asked));
  if (!choices.length && asksYesNo) {
    return [word("yes"), word("no")].map((answer) => ({ send: answer, label: answer, whole: answer }));
  }
  return choices;
}
