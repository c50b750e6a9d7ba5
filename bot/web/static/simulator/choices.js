// Which short answers the bot's last message offers, read from its text and the stored state.

import { word } from "./words.js";

const numbered = /(?:^|[\n \u3000\t；;])(\d{1,2})[.．、)）]\s*(?!\d)([^\n]*?)(?=[ \u3000\t；;]+\d{1,2}[.．、)）](?!\d)|\n|$)/g;
const yesOrNo = /[“「"'【]是[”」"'】][\s\S]*[“「"'【]否[”」"'】]|是\s*[／/、或]\s*否/;
const labelEnd = /[：:（(。；—]/;
// 回复“帮助”, 发“完成”; behind the first of a sentence also ，“切换” and the like. “修改”加序号 is no whole message.
const wordAfterVerb = /(?:回复|发送|请发|发)\s*“([^”\s]{1,8})”(?![加到里])/;
const wordBehind = /(?:回复|发送|请发|发|[，、；或])\s*“([^”\s]{1,8})”(?![加到里])/g;
const mostWords = 6;

const namesIn = (attribute) => new Set((document.body.dataset[attribute] ?? "").split(" ").filter(Boolean));
const freeText = namesIn("freeText");
const yesNoFields = namesIn("yesNo");
const fileFields = namesIn("files");

/**
 * The last list in `text` that counts 1, 2, 3 … without a gap, as `[{send, label, whole}]`; empty if under two.
 *
 * A 0 behind it is one of them: none of the others.
 */
export function numberedChoices(text) {
  let run = [];
  for (const [, number, rest] of text.matchAll(numbered)) {
    const count = Number(number);
    if (count === 1) run = [];
    if (count !== run.length + 1 && (count !== 0 || run.length === 0)) continue;
    const whole = rest.trim();
    run.push({ send: String(count), label: `${count}  ${whole.split(labelEnd)[0].trim()}`, whole });
  }
  return run.length > 1 ? run : [];
}

/** The words that `text` asks to send, such as “帮助”, as `[{send, label, whole}]`, each once. */
export function wordChoices(text) {
  const found = new Set();
  for (const sentence of text.split(/[。\n]/)) {
    const first = wordAfterVerb.exec(sentence);
    if (!first) continue;
    for (const [, said] of sentence.slice(first.index).matchAll(wordBehind)) found.add(said);
  }
  return Array.from(found).slice(0, mostWords).map(choice);
}

const choice = (said) => ({ send: said, label: said, whole: said });

/** What may be asked of the bot in the group, each with its call, as `[{send, label, whole}]`. */
export function callChoices() {
  return word("group_words")
    .split(" ")
    .map((text) => ({ send: `${word("call")} ${text}`, label: word("call_with", { text }), whole: text }));
}

/**
 * The buttons to show under a message: the `choices` that the server gave with it, else read from its text.
 *
 * A numbered list inside a question that wants free text (the points of a summary, say) or
 * files (those that came already) is no choice: a tapped "1" would become the answer. So there
 * the list counts only while a confirmation is pending.
 */
export function choicesFor({ text, choices: given }, state) {
  if (given) return given.map(({ send, label }) => ({ send: String(send), label, whole: label }));
  return readChoices(text ?? "", state);
}

function readChoices(text, state) {
  const open = state?.asked && !state.pending;
  if (open && freeText.has(state.asked)) return [];
  if (open && fileFields.has(state.asked)) return wordChoices(text);
  const choices = numberedChoices(text);
  if (choices.length) return choices;
  const asksYesNo = yesOrNo.test(text) || (open && yesNoFields.has(state.asked));
  return asksYesNo ? [word("yes"), word("no")].map(choice) : wordChoices(text);
}
