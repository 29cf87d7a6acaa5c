// The box to ask in: an ordinary client of the gateway's own API, so that keys, limits and queues
// hold here as everywhere, and closing the connection is what cancels a search.

import { errorText, readEvents } from "./sse.js";

const MOST_AT_ONCE = 4; // a browser has six connections to a server, and one is the stream's
const NUMBERS = [4, 8, 16, 32, 64];
const USUAL = "16";
const NAMES = { "default": "Default", "greedy": "Greedy", "majority": "Majority", "best-of-n": "Best of n", "beam": "Beam search", "dvts": "DVTS", "compute-optimal": "Compute-optimal" };
const WITHOUT_N = ["greedy", "default"];
const KNOWN = new RegExp(`^(${Object.keys(NAMES).join("|")})(-\\d+)?$`);
const PREFERRED = ["dvts", "majority"];
const EXAMPLES = ["What is (17 + 5) * 3 - 8?", "Compute 48 / 6 + 7 * 2.", "What is 9 * (14 - 6) + 5?"];

export class Asking extends EventTarget {
  /** What was asked here and has not ended, by the name under which its search will appear. */
  open = new Map();
  /** All that was ever asked here: a quick search has ended before it appears. */
  names = new Set();

  constructor(key) {
    super();
    this.key = key;
    this.form = document.getElementById("ask");
    this.question = document.getElementById("question");
    this.strategy = document.getElementById("strategy");
    this.n = document.getElementById("n");
    this.list = document.getElementById("asked");
    this.n.append(...NUMBERS.map((n) => element("option", { value: n, selected: String(n) === USUAL }, String(n))));
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.strategy.addEventListener("change", () => this.showN());
    this.question.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.form.requestSubmit(); }
    });
    document.getElementById("example").addEventListener("click", () => {
      this.question.value = EXAMPLES[Math.floor(Math.random() * EXAMPLES.length)];
      this.form.requestSubmit();
    });
    key.addEventListener("change", () => this.loadStrategies());
    this.offer(PREFERRED);
    this.loadStrategies();
  }

  /** What this gateway can do is what it says its models are. */
  async loadStrategies() {
    try {
      const response = await fetch("v1/models", { headers: this.key.headers });
      if (!response.ok) return;
      const models = (await response.json()).data.map((model) => KNOWN.exec(model.id)?.[1]);
      this.offer([...new Set(models.filter(Boolean))]);
    } catch { /* the stream says that the gateway is away */ }
  }

  offer(families) {
    if (!families.length) return;
    const chosen = families.includes(this.strategy.value) && this.strategy.dataset.chosen ? this.strategy.value : PREFERRED.find((name) => families.includes(name));
    this.strategy.replaceChildren(...families.map((name) => element("option", { value: name, selected: name === chosen }, NAMES[name])));
    this.showN();
  }

  showN() {
    this.n.disabled = WITHOUT_N.includes(this.strategy.value);
  }

  submit() {
    const text = this.question.value.trim();
    if (!text) return;
    if (this.open.size >= MOST_AT_ONCE) return void this.say(`${MOST_AT_ONCE} of your searches are under way; wait for one, or cancel it.`);
    const family = this.strategy.value;
    this.question.value = "";
    this.ask(text, this.n.disabled ? family : `${family}-${this.n.value}`);
  }

  async ask(text, model) {
    const user = `live-page-${crypto.getRandomValues(new Uint32Array(3)).join("-")}`;
    const connection = new AbortController();
    const row = this.waitingRow(text, () => this.cancel(user));
    this.open.set(user, { connection, row });
    this.names.add(user);
    this.list.querySelector(".said")?.remove();
    try {
      const response = await fetch("v1/chat/completions", {
        method: "POST",
        headers: { "Content-Type": "application/json", ...this.key.headers },
        body: JSON.stringify({ model, stream: true, user, messages: [{ role: "user", content: text }] }),
        signal: connection.signal,
      });
      if (!response.ok) this.say(await errorText(response), text);
      else for await (const data of readEvents(response)) this.hear(data);
    } catch (error) {
      if (!connection.signal.aborted) this.say("The connection to the gateway broke, and with it the search.", text);
    } finally {
      row.remove();
      this.open.delete(user);
      this.dispatchEvent(new CustomEvent("end", { detail: user }));
    }
  }

  /** Its search is on the page now. */
  arrived(user) {
    this.open.get(user)?.row.remove();
  }

  /** Close its connection: the gateway ends the search, down to the model's requests. */
  cancel(user) {
    this.open.get(user)?.connection.abort();
  }

  hear(data) {
    if (data === "[DONE]") return;
    const { error } = JSON.parse(data);
    if (error) this.say(error.message);
  }

  waitingRow(text, cancel) {
    const row = element("li", null, element("span", { class: "spinner", "aria-hidden": "true" }),
      element("span", { class: "text" }, `Waiting for its turn: ${text}`),
      element("button", { type: "button", on: { click: cancel } }, "Cancel"));
    this.list.append(row);
    return row;
  }

  /** Tell the reader; a question that got no answer comes back into the box. */
  say(message, text) {
    this.list.querySelector(".said")?.remove();
    this.list.prepend(element("li", { class: "said error" }, message));
    if (text && !this.question.value) this.question.value = text;
  }
}
