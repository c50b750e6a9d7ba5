// What this browser remembers between visits; a browser that forbids it only forgets.

const prefix = "simulator.";

/** The value kept under `key`, or `otherwise` when there is none or storage is closed. */
export function recall(key, otherwise) {
  try {
    const kept = localStorage.getItem(prefix + key);
    return kept === null ? otherwise : JSON.parse(kept);
  } catch {
    return otherwise;
  }
}

/** Keep `value` (anything JSON can hold) under `key`; null or an empty text removes it. */
export function keep(key, value) {
  try {
    if (value === null || value === "") localStorage.removeItem(prefix + key);
    else localStorage.setItem(prefix + key, JSON.stringify(value));
  } catch {
    // Private windows and full disks refuse; the page works without.
  }
}
