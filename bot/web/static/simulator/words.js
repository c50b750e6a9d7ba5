// The page's wording and pieces of markup, which stay in the HTML templates and are fetched here by name.

const words = document.getElementById("words").content;

/** The sentence called `name`, with each {slot} replaced from `slots`; null where there is none. */
export function findWord(name, slots = {}) {
  const holder = words.querySelector(`[data-word="${CSS.escape(name)}"]`);
  if (!holder) return null;
  return holder.textContent.replace(/\{(\w+)\}/g, (slot, key) => (key in slots ? String(slots[key]) : slot));
}

/** As `findWord`; a missing sentence is a fault of the page and raises. */
export function word(name, slots = {}) {
  const text = findWord(name, slots);
  if (text === null) throw new Error(`no wording for ${name}`);
  return text;
}

/** The wording of a code such as a state or role; the code itself where the page knows no word for it. */
export function wordFor(family, code) {
  return findWord(`${family}.${code}`) ?? String(code);
}

/** A fresh copy of the one element inside the `<template>` called `name`-piece. */
export function piece(name) {
  return document.getElementById(`${name}-piece`).content.firstElementChild.cloneNode(true);
}

/** Fresh copies of everything inside the `<template>` called `name`-piece. */
export function pieces(name) {
  return document.getElementById(`${name}-piece`).content.cloneNode(true);
}
