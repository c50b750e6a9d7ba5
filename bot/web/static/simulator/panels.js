// Panels that open and close: people, clock, state. On a narrow screen people and state are drawers.

export const narrow = matchMedia("(max-width: 45rem)");

const shade = document.getElementById("shade");
const covered = [document.getElementById("phones"), document.querySelector(".topbar")];
const all = [];

/** A panel and the button that opens it. `drawer`: on a narrow screen it covers the chats. */
export class Panel {
  constructor(name, { drawer = false, changed = () => {} } = {}) {
    this.element = document.getElementById(name);
    this.toggle = document.getElementById(`${name}-toggle`);
    this.drawer = drawer;
    this.changed = changed;
    all.push(this);
    this.toggle.addEventListener("click", () => this.set(!this.isOpen));
    this.element.querySelector("[data-close]").addEventListener("click", () => this.close());
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.close();
    });
  }

  get isOpen() {
    return this.toggle.getAttribute("aria-expanded") === "true";
  }

  /** Open or close; `quietly` leaves the keyboard focus where it is. */
  set(open, quietly = false) {
    if (open) for (const other of all) if (other !== this && (narrow.matches || !other.drawer)) other.set(false, true);
    this.toggle.setAttribute("aria-expanded", String(open));
    this.element.classList.toggle("open", open);
    const covering = narrow.matches && all.some((panel) => panel.drawer && panel.isOpen);
    shade.hidden = !covering;
    for (const element of covered) element.inert = covering;
    if (open && !quietly) this.element.querySelector("h2").focus();
    this.changed(open);
  }

  /** Close and give the focus back to the button. */
  close() {
    this.set(false);
    this.toggle.focus();
  }
}

shade.addEventListener("click", () => {
  for (const panel of all) if (panel.isOpen) panel.close();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const open = all.find((panel) => panel.isOpen && (narrow.matches || !panel.drawer));
  if (open) open.close();
});
