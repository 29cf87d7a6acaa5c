// The chosen search: what it was asked, its tree as it grows, and how it ended.

import { LiveMap } from "./live_map.js";
import { LiveOutline } from "./live_outline.js";
import { LiveTree } from "./live_tree.js";
import { isWaiting, seconds } from "./searches.js";

const CARDS = ["answer", "votes", "spend"];
const STATES = { running: "Running", finished: "Finished", failed: "Failed", cancelled: "Cancelled" };

export class Chosen extends EventTarget {
  record = null;
  tree = new LiveTree();
  selection = new Selection();

  constructor() {
    super();
    this.place = document.getElementById("chosen");
    this.details = document.getElementById("details");
    this.map = new LiveMap(document.getElementById("map"), document.getElementById("map-caption"), this.tree, this.selection);
    this.outline = new LiveOutline(document.getElementById("outline"), this.tree, this.selection);
    this.panel = new Details(this.details, this.tree, this.selection);
    this.cancel = document.getElementById("cancel");
    this.cancel.addEventListener("click", () => this.dispatchEvent(new CustomEvent("cancel", { detail: this.record })));
  }

  /** Begin with another search. */
  show(record) {
    document.getElementById("welcome").hidden = true;
    this.place.hidden = false;
    this.place.setAttribute("aria-busy", "true"); // its line is known, its tree comes with the next frame
    this.record = null;
    this.tree = this.panel.tree = new LiveTree();
    this.selection.node = -1;
    this.selection.group = null;
    this.map.show(this.tree);
    this.outline.show(this.tree);
    this.details.replaceChildren(element("p", { class: "note" }, "Select a step to read it in full, with all that led to it."));
    delete this.details.dataset.open;
    text("problem", record.problem);
    text("hidden-nodes", "");
    for (const id of CARDS) document.getElementById(id).replaceChildren();
  }

  /** Its line has changed. */
  update(record, now, isMine) {
    const before = this.record;
    this.record = record;
    const state = record.state ?? "running";
    this.place.dataset.state = state;
    text("state", isWaiting(record) ? "Waiting for slots" : STATES[state]);
    this.cancel.hidden = state !== "running" || !isMine;
    this.tick(now);
    if (["failed", "cancelled"].includes(state) && before?.state !== state) this.showEnd(state);
  }

  /** The tree has grown, or is complete. */
  grow(frame) {
    const wasKept = [...this.tree.kept];
    const before = this.tree.size;
    const added = this.tree.grow(frame);
    const listed = frame.nodes.map(({ number }) => number).filter((number) => number < before);
    const faded = wasKept.flatMap((kept, node) => (kept === this.tree.kept[node] ? [] : [node]));
    const changed = frame.outcome ? [...this.tree.parent.keys()] : [...new Set([...listed, ...faded, ...this.above(added)])];
    this.map.refresh();
    this.outline.update(added, changed);
    text("hidden-nodes", this.record.nodes > this.tree.size ? `the first ${counted(this.tree.size, "node")} of ${this.record.nodes.toLocaleString("en")}` : "");
    if (frame.outcome) this.conclude();
    else if (this.selection.node >= 0 && this.tree.lineage(this.selection.node).some((up) => changed.includes(up))) this.panel.show(false);
    this.place.setAttribute("aria-busy", "false");
  }

  /** Whose count of nodes below has changed. */
  above(added) {
    return new Set(added.flatMap((node) => this.tree.lineage(node).slice(0, -1)));
  }

  tick(now) {
    const { record } = this;
    if (!record) return;
    const elapsed = seconds(Math.max(0, (record.ended ?? now) - record.started));
    text("run", [record.strategy, elapsed].join(" · "));
    if (record.ended === undefined) this.showProgress(elapsed);
  }

  showProgress(elapsed) {
    const { answers = 0, best = null, tokens = 0, nodes = 0, depth = 0 } = this.record;
    const soFar = answers ? `${counted(answers, "finished answer")} so far` : "no finished answer yet";
    replace("answer", [element("h2", { class: "label" }, "Answer"), element("span", { class: "verdict none pending" }, isWaiting(this.record) ? "waiting" : "searching"), element("p", null, soFar)]);
    replace("votes", [element("h2", { class: "label" }, "Best score"), element("p", { class: "best" }, scoreChip(best)), element("p", { class: "label" }, "The finished answers vote when the search ends.")]);
    const figures = [["tokens", tokens.toLocaleString("en")], ["time", elapsed], ["nodes", nodes.toLocaleString("en")], ["deepest step", String(depth)], ["answers", String(answers)], ["pruned so far", this.tree.pruned.filter(Boolean).length.toLocaleString("en")]];
    replace("spend", [element("dl", { class: "spend" }, ...figures.map(([name, value]) => element("div", null, element("dt", null, name), element("dd", null, value))))]);
  }

  showEnd(state) {
    this.showProgress(seconds(this.record.ended - this.record.started));
    const why = state === "failed" ? [element("p", { class: "error" }, this.record.error), element("p", { class: "label" }, "The gateway's log has the details.")] : [element("p", { class: "label" }, "It was ended before it had an answer.")];
    replace("answer", [element("h2", { class: "label" }, "Answer"), element("span", { class: "verdict none" }, "none"), ...why]);
    document.querySelector("#votes p:last-child").textContent = "No vote was held.";
    this.map.refresh();
  }

  conclude() {
    const { record, tree, selection } = this;
    Object.assign(tree.data, { answer: record.answer === undefined ? null : tree.pieces(record.answer), confidence: record.confidence ?? 0, stopReason: record.stop_reason, error: record.error });
    for (const id of CARDS) document.getElementById(id).replaceChildren();
    showAnswer(tree);
    showSpend(tree);
    const votes = new Selection(); // of its own, so that the next search's table begins afresh
    showVotes(tree, votes);
    votes.addEventListener("group", () => {
      selection.group = votes.group;
      selection.dispatchEvent(new CustomEvent("group"));
    });
    const asked = selection.node >= 0;
    selection.choose(asked ? selection.node : tree.winner);
    if (!asked) this.outline.bringIntoView(tree.winner);
  }
}

function text(id, value) {
  const place = document.getElementById(id);
  if (place.textContent !== value) place.textContent = value;
}

function replace(id, children) {
  document.getElementById(id).replaceChildren(...children);
}
