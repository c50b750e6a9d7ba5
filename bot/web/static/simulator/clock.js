// The clock panel: shows the simulated time and moves it on.

import * as api from "./api.js";
import { inputValue, instantOf, isoText, momentWithYear, wallClock } from "./moments.js";
import { word } from "./words.js";

const hour = 3600 * 1000;

export class Clock {
  /** `afterMove(before)` looks everywhere and resolves to how many messages came since that instant. */
  constructor(panel, afterMove) {
    this.title = panel.querySelector("h2");
    this.afterMove = afterMove;
    this.now = null;
    this.input = document.getElementById("clock-input");
    this.result = document.getElementById("clock-result");
    this.buttons = Array.from(panel.querySelectorAll(".button"));
    for (const button of this.buttons) {
      if (button.type === "button") button.addEventListener("click", () => this.#move(this.#target(button)));
    }
    document.getElementById("clock-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#move(instantOf(this.input.value));
    });
  }

  #target(button) {
    if (button.dataset.moment) return instantOf(button.dataset.moment);
    return new Date(this.now.getTime() + Number(button.dataset.hours) * hour);
  }

  /** Read the server's clock. Raises CallError. */
  async refresh() {
    this.#show(new Date((await api.getClock()).now));
  }

  #show(now) {
    const untouched = this.now === null || this.input.value === inputValue(this.now);
    this.now = now;
    this.#showOnButton(wallClock(now));
    if (untouched) this.input.value = inputValue(now);
    for (const button of this.buttons) {
      button.disabled = Boolean(button.dataset.moment) && instantOf(button.dataset.moment) <= now;
    }
  }

  #showOnButton(parts) {
    document.getElementById("clock-day").textContent = word("day", parts);
    document.getElementById("clock-weekday").textContent = parts.weekday;
    document.getElementById("clock-time").textContent = parts.time;
  }

  async #move(target) {
    if (this.now === null) return;
    const pressed = document.activeElement;
    this.result.textContent = word("clock_moving");
    for (const button of this.buttons) button.disabled = true;
    try {
      const before = this.now;
      await api.setClock(isoText(target));
      this.input.value = inputValue(this.now);
      await this.refresh();
      const count = await this.afterMove(before);
      this.result.textContent = word("clock_moved", { moment: momentWithYear(this.now), count });
    } catch (error) {
      this.result.textContent = error.message;
      this.#show(this.now);
    }
    (pressed?.disabled ? this.title : pressed)?.focus();
  }
}
