// The frames of the gateway, for as long as somebody looks: connected anew whenever that ends.

import { errorText, readEvents } from "./sse.js";

const WAIT = { least: 500, most: 10_000 }; // ms until the next attempt
const REFUSED = [401, 403];

export class Stream extends EventTarget {
  #treeOf = null;
  #connection = null;
  #wait = WAIT.least;
  #timer = null;

  constructor(key) {
    super();
    this.key = key;
    key.addEventListener("change", () => this.connect());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.stop("paused") : this.connect()));
    addEventListener("online", () => this.connect());
  }

  /** Have the tree of this search come along. */
  watch(search) {
    if (search === this.#treeOf) return;
    this.#treeOf = search;
    this.connect();
  }

  connect() {
    this.stop(this.#connection ? null : "connecting"); // another tree is no reason to look troubled
    if (!document.hidden) this.#run(this.#connection = new AbortController());
  }

  stop(state) {
    clearTimeout(this.#timer);
    this.#connection?.abort();
    this.#connection = null;
    if (state) this.#tell("state", state);
  }

  async #run(connection) {
    const query = this.#treeOf === null ? "" : `?tree_of=${this.#treeOf}`;
    try {
      const response = await fetch(`live/events${query}`, { headers: this.key.headers, cache: "no-store", signal: connection.signal });
      if (REFUSED.includes(response.status)) {
        const problem = await errorText(response);
        this.#tell("state", "locked");
        return this.key.ask(this.key.value ? problem : "");
      }
      if (!response.ok) throw new Error(await errorText(response));
      for await (const data of readEvents(response)) {
        if (connection.signal.aborted) return undefined;
        this.#wait = WAIT.least;
        this.#tell("state", "live");
        this.#tell("frame", JSON.parse(data));
      }
    } catch {
      if (connection.signal.aborted) return undefined;
    }
    return this.#again(connection);
  }

  #again(connection) {
    if (connection.signal.aborted) return;
    this.#tell("state", "reconnecting");
    this.#timer = setTimeout(() => this.connect(), this.#wait);
    this.#wait = Math.min(WAIT.most, 2 * this.#wait);
  }

  #tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}
