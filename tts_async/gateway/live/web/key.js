// The API key: asked for when the gateway wants one, kept for this tab, sent in a header only.

const PLACE = "tts-async-key";
const SENDABLE = /^[\x21-\x7e]+$/; // in a header

export class Key extends EventTarget {
  constructor() {
    super();
    this.dialog = document.getElementById("key-dialog");
    this.input = document.getElementById("key-input");
    this.button = document.getElementById("key");
    this.problem = document.getElementById("key-problem");
    this.button.hidden = !this.value;
    this.button.addEventListener("click", () => this.ask(""));
    document.getElementById("key-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const value = this.input.value.trim();
      if (SENDABLE.test(value)) this.change(value);
      else this.problem.textContent = "A key has letters, digits and signs only.";
    });
    document.getElementById("key-forget").addEventListener("click", () => this.change(""));
  }

  get value() {
    return sessionStorage.getItem(PLACE) ?? "";
  }

  get headers() {
    return this.value ? { Authorization: `Bearer ${this.value}` } : {};
  }

  /** Let the reader type a key; `problem` says what was wrong with the last one. */
  ask(problem) {
    this.button.hidden = false;
    this.problem.textContent = problem;
    if (this.dialog.open) return;
    this.input.value = "";
    this.dialog.showModal();
  }

  change(value) {
    if (value) sessionStorage.setItem(PLACE, value);
    else sessionStorage.removeItem(PLACE);
    this.input.value = "";
    this.dialog.close();
    this.dispatchEvent(new Event("change"));
  }
}
