// The list of searches: running ones, and those that ended lately.

const LONG_PROBLEM = 160;

export class Searches extends EventTarget {
  items = new Map();
  chosen = null;

  constructor() {
    super();
    this.running = document.getElementById("running");
    this.ended = document.getElementById("ended");
    this.count = document.getElementById("running-count");
  }

  /** Take the lines of a frame; returns the newest search that was not there before. */
  update(records, isMine) {
    let newest = null;
    const byEnd = records.toSorted((a, b) => (a.ended ?? Infinity) - (b.ended ?? Infinity) || a.search - b.search);
    for (const record of byEnd) if (this.put(record, isMine)) newest = record;
    this.showCount();
    return newest;
  }

  put(record, isMine) {
    let item = this.items.get(record.search);
    if (item && item.record.started !== record.started) this.drop(record.search); // another life of the gateway
    item = this.items.get(record.search);
    const isNew = !item;
    if (isNew) this.items.set(record.search, item = this.make(record));
    const list = record.ended === undefined ? this.running : this.ended;
    if (item.row.parentElement !== list) list.prepend(item.row);
    item.record = record;
    item.cancel.hidden = record.ended !== undefined || !isMine(record);
    this.paint(item);
    return isNew;
  }

  make(record) {
    const parts = {
      score: element("span"), state: element("span", { class: "state" }),
      time: element("span", { class: "time tabular" }), facts: element("span", { class: "facts tabular" }),
    };
    const text = record.problem.replace(/\s+/g, " ").trim();
    const button = element("button", { type: "button", class: "open", on: { click: () => this.choose(record.search) } },
      element("span", { class: "problem" }, text.length > LONG_PROBLEM ? `${text.slice(0, LONG_PROBLEM)}…` : text),
      element("span", { class: "line" }, parts.score, parts.state, parts.time), parts.facts);
    const cancel = element("button", { type: "button", class: "cancel", hidden: true, "aria-label": `Cancel: ${text.slice(0, 60)}`, on: { click: () => this.dispatchEvent(new CustomEvent("cancel", { detail: this.items.get(record.search).record })) } }, "Cancel");
    const row = element("li", { "data-search": record.search }, button, cancel);
    return { row, button, cancel, record, ...parts };
  }

  paint(item) {
    const { record } = item;
    const chip = scoreChip(record.best ?? null);
    item.score.replaceWith(chip);
    item.score = chip;
    setText(item.state, stateText(record));
    item.row.dataset.state = isWaiting(record) ? "waiting" : record.state ?? "running";
    this.paintFacts(item);
  }

  paintFacts({ facts, time, record }) {
    setText(facts, [record.strategy, counted(record.tokens ?? 0, "token")].join(" · "));
    setText(time, seconds(this.elapsed(record)));
  }

  /** Let the clocks go on. */
  tick(now) {
    this.now = now;
    for (const item of this.items.values()) if (item.record.ended === undefined) this.paintFacts(item);
  }

  elapsed(record) {
    return Math.max(0, (record.ended ?? this.now ?? record.started) - record.started);
  }

  keepOnly(known) {
    const left = new Set(known);
    for (const search of [...this.items.keys()]) if (!left.has(search)) this.drop(search);
    this.showCount();
  }

  drop(search) {
    this.items.get(search).row.remove();
    this.items.delete(search);
    if (search === this.chosen) this.chosen = null;
  }

  choose(search) {
    if (search === this.chosen) return;
    if (this.chosen !== null) this.items.get(this.chosen)?.button.removeAttribute("aria-current");
    this.chosen = search;
    this.items.get(search)?.button.setAttribute("aria-current", "true");
    this.dispatchEvent(new CustomEvent("choose", { detail: search }));
  }

  showCount() {
    const count = this.running.childElementCount;
    setText(this.count, count ? String(count) : "");
  }
}

const WORDS = { running: "running", failed: "failed", cancelled: "cancelled" };

/** Whether it is running, but has had no slots yet. */
export function isWaiting({ state = "running", begun = false, nodes = 0 }) {
  return state === "running" && !begun && nodes === 0;
}

/** How a search stands, or its answer. */
export function stateText(record) {
  const state = record.state ?? "running";
  if (isWaiting(record)) return "waiting";
  if (state !== "finished") return WORDS[state];
  return record.answer === undefined ? "no answer" : `= ${record.answer}`;
}

export function seconds(count) {
  return count < 10 ? `${count.toFixed(1)} s` : `${Math.round(count)} s`;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
