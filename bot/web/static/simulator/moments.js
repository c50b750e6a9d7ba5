// Instants as people in China read them: always the wall clock of Asia/Shanghai, which is UTC+8 all year.

import { word } from "./words.js";

const format = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** The parts of `instant`: year, month, day, weekday, hour, minute, and time such as 09:00. */
export function wallClock(instant) {
  const parts = Object.fromEntries(format.formatToParts(instant).map((part) => [part.type, part.value]));
  return { ...parts, time: `${parts.hour}:${parts.minute}` };
}

/** Such as 4月10日 周三 09:00. */
export function momentText(instant) {
  return word("moment", wallClock(instant));
}

/** As `momentText`, with the year before it. */
export function momentWithYear(instant) {
  return word("moment_year", wallClock(instant));
}

/** The value of a datetime-local input that shows `instant`. */
export function inputValue(instant) {
  const { year, month, day, time } = wallClock(instant);
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}T${time}`;
}

/** The instant that a datetime-local value names. */
export function instantOf(value) {
  return new Date(`${value}${value.length === 16 ? ":00" : ""}+08:00`);
}

/** `instant` in ISO 8601 with Shanghai's offset, to the second. */
export function isoText(instant) {
  const shifted = new Date(instant.getTime() + 8 * 3600 * 1000);
  return `${shifted.toISOString().slice(0, 19)}+08:00`;
}
