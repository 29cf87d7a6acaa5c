// The selected step with everything that led to it, in full.

class Details {
  constructor(panel, tree, selection) {
    Object.assign(this, { panel, tree, selection });
    selection.addEventListener("node", (event) => this.show(event.detail !== null));
    panel.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
  }

  /** `asked`: by the reader; on a small screen the panel covers the page, so only then. */
  show(asked) {
    const { tree, panel } = this;
    const { node } = this.selection;
    if (node < 0) return;
    const steps = tree.steps[node].length;
    const title = steps > 1 ? counted(steps, "step") : `Step ${tree.depth[node]}`;
    const close = element("button", { class: "close", type: "button", on: { click: () => this.close() } }, "Close");
    panel.replaceChildren(
      element("header", null, scoreChip(tree.score[node]), element("h2", null, title), this.state(node), close),
      element("p", { class: "facts" }, `path ${tree.path(node)} · ${counted(tree.tokens[node], "token")}`),
      element("ol", { class: "lineage" }, ...tree.lineage(node).flatMap((up) => this.steps(up, up === node))),
    );
    if (asked) panel.dataset.open = "";
    panel.scrollTop = 0;
  }

  close() {
    delete this.panel.dataset.open;
  }

  state(node) {
    const { tree } = this;
    const votes = tree.data.votes[tree.group[node]];
    if (votes) {
      const rest = votes.count > 1 ? `, with ${counted(votes.count, "vote")}` : "";
      return element("span", { class: tree.wins(node) ? "pill winning" : "pill" }, tree.render(tree.answer[node] ?? [], { inline: true }), rest);
    }
    if (tree.group[node] === ABSTAINED) return element("span", { class: "pill" }, "no answer, no vote");
    if (tree.finish[node] === "length") return element("span", { class: "pill" }, "truncated");
    return tree.kept[node] ? null : element("span", { class: "pill" }, "pruned");
  }

  /** The steps of one node; of a whole answer each with its own score, else with the path's. */
  steps(node, selected) {
    const { tree } = this;
    const own = tree.steps[node].length > 1;
    return tree.steps[node].map(([score, pieces]) =>
      element("li", { class: selected ? null : "earlier" },
        scoreChip(own ? score : tree.score[node]),
        element("div", { class: "prose" }, tree.render(trimmed(pieces)))));
  }
}
