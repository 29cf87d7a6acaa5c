// The tree as a list that opens and closes: WAI-ARIA's tree pattern, built as it is opened.

const CHUNK = 100; // children shown at a time
const MOST_ROWS = 1000; // opened by one click
const MOST_TEXT = 400; // characters of a row

class Outline {
  constructor(list, tree, selection) {
    Object.assign(this, { list, tree, selection, sought: "", visible: null });
    this.items = new Map();
    list.addEventListener("click", (event) => this.click(event));
    list.addEventListener("keydown", (event) => this.press(event));
    selection.addEventListener("node", (event) => {
      if (event.detail !== "outline") this.reveal(selection.node, { scroll: event.detail !== null });
      this.markSelected();
    });
    selection.addEventListener("group", () => this.showGroup());
  }

  /** Draw from scratch; `visible` is a set of nodes (with all above them), or null for all. */
  draw({ visible = null, sought = "", open = [] } = {}) {
    Object.assign(this, { visible, sought });
    this.items.clear();
    this.list.replaceChildren();
    this.fill(this.list, -1);
    for (const node of open) if (node >= 0) this.open(this.item(node));
    this.markSelected();
    this.markGroup();
    const first = this.list.querySelector("li");
    if (first && !this.list.querySelector('li[tabindex="0"]')) first.tabIndex = 0;
  }

  children(node) {
    const all = node < 0 ? this.tree.roots : this.tree.children[node];
    return this.visible ? all.filter((child) => this.visible.has(child)) : all;
  }

  /** Add the next children of a node to its list. */
  fill(list, node) {
    const children = this.children(node);
    list.querySelector(":scope > .more")?.remove();
    const begin = list.childElementCount;
    const next = children.slice(begin, begin + CHUNK);
    list.append(...next.map((child, at) => this.make(child, begin + at, children.length)));
    const rest = children.length - begin - next.length;
    if (rest > 0) {
      const more = element("li", { class: "more", role: "treeitem", tabindex: "-1" }, element("div", { class: "row" }, `Show ${Math.min(rest, CHUNK)} more of ${counted(rest, "node")}`));
      more.fill = () => this.fill(list, node);
      list.append(more);
    }
  }

  make(node, at, siblings) {
    const { tree } = this;
    const inner = this.children(node).length > 0;
    const classes = [tree.kept[node] ? null : "pruned", tree.winning[node] ? "on-the-way" : null];
    if (this.selection.group !== null && tree.group[node] === this.selection.group) classes.push("of-group");
    const item = element("li", {
      role: "treeitem", tabindex: "-1", class: classes.filter(Boolean).join(" "), "data-node": node,
      "aria-level": tree.depth[node], "aria-posinset": at + 1, "aria-setsize": siblings,
      "aria-expanded": inner ? "false" : null, "aria-selected": String(node === this.selection.node),
      "aria-label": this.label(node),
    }, this.row(node));
    this.items.set(node, item);
    return item;
  }

  row(node) {
    const { tree, sought } = this;
    const steps = tree.steps[node];
    const pieces = steps.flatMap(([, step]) => step);
    const scores = steps.map(([score]) => score).filter((score) => score !== null);
    const text = element("div", { class: "text" }, scores.length > 1 ? scoreSquares(scores) : null,
      tree.render(trimmed(pieces), { sought, inline: true, most: MOST_TEXT }));
    const end = element("div", { class: "end" });
    if (tree.isCandidate(node)) end.append(this.answerPill(node));
    else if (tree.finish[node] === "length") end.append(element("span", { class: "pill" }, "truncated"));
    else if (tree.below[node]) end.append(element("span", { class: "count" }, `${tree.below[node].toLocaleString("en")} below`));
    return element("div", { class: "row" }, element("span", { class: "twist", "aria-hidden": "true" }), scoreChip(tree.score[node], { faded: !tree.kept[node] }), text, end);
  }

  answerPill(node) {
    const { tree } = this;
    const answer = tree.answer[node];
    const votes = tree.data.votes[tree.group[node]];
    const wins = tree.wins(node);
    if (!answer || !votes) return element("span", { class: "pill" }, "no vote");
    const count = votes.count > 1 ? ` ×${votes.count}` : "";
    return element("span", { class: wins ? "pill winning" : "pill" }, wins && tree.winning[node] ? "★ " : "", tree.render(answer, { inline: true }), count);
  }

  label(node) {
    const { tree } = this;
    const parts = [tree.score[node] === null ? "no score" : `score ${tree.score[node].toFixed(2)}`];
    if (!tree.kept[node]) parts.push("pruned");
    if (tree.answer[node]) parts.push(`answer ${tree.source(tree.answer[node])}`);
    if (tree.wins(node)) parts.push("winning answer");
    return `${parts.join(", ")}: ${tree.text(node).slice(0, MOST_TEXT).trim()}`;
  }

  /** The item of a node, drawn if need be, with everything above it open. */
  item(node) {
    const above = this.tree.parent[node];
    if (!this.items.has(node)) {
      let list = this.list;
      if (above >= 0) list = this.open(this.item(above));
      while (!this.items.has(node) && list?.querySelector(":scope > .more")) this.fill(list, above);
    }
    return this.items.get(node);
  }

  open(item) {
    if (!item || !item.hasAttribute("aria-expanded")) return undefined;
    const node = Number(item.dataset.node);
    let list = item.querySelector(":scope > ul");
    if (!list) {
      list = element("ul", { role: "group" });
      this.fill(list, node);
      item.append(list);
    }
    list.hidden = false;
    item.setAttribute("aria-expanded", "true");
    return list;
  }

  close(item) {
    const list = item.querySelector(":scope > ul");
    if (list) list.hidden = true;
    if (item.hasAttribute("aria-expanded")) item.setAttribute("aria-expanded", "false");
  }

  /** Open everything, level by level, up to a bound; returns whether that was all. */
  openAll() {
    let rows = 0;
    let level = this.children(-1);
    while (level.length) {
      const next = [];
      for (const node of level) {
        rows += 1;
        if (rows > MOST_ROWS) return false;
        if (!this.items.has(node)) continue;
        this.open(this.items.get(node));
        next.push(...this.children(node));
      }
      level = next;
    }
    return rows >= (this.visible?.size ?? this.tree.size);
  }

  closeAll() {
    for (const item of this.items.values()) this.close(item);
    const top = this.list.querySelector("li");
    if (top) this.focusable(top);
  }

  reveal(node, { scroll }) {
    if (node < 0 || (this.visible && !this.visible.has(node))) return;
    for (const up of this.tree.lineage(node).slice(0, -1)) this.open(this.item(up));
    const item = this.item(node);
    if (!item) return;
    this.focusable(item);
    if (scroll) item.querySelector(".row").scrollIntoView({ block: "nearest" });
  }

  markSelected() {
    for (const item of this.list.querySelectorAll('li[aria-selected="true"]')) item.setAttribute("aria-selected", "false");
    this.items.get(this.selection.node)?.setAttribute("aria-selected", "true");
  }

  showGroup() {
    const { group } = this.selection;
    if (group !== null) {
      const members = this.tree.group.flatMap((own, node) => (own === group ? [node] : []));
      for (const node of members.slice(0, CHUNK)) {
        if (!this.visible || this.visible.has(node)) this.item(node);
        for (const up of this.tree.lineage(node).slice(0, -1)) if (this.items.has(up)) this.open(this.items.get(up));
      }
    }
    this.markGroup();
  }

  markGroup() {
    const { group } = this.selection;
    if (group === null) delete this.list.dataset.group;
    else this.list.dataset.group = group;
    for (const [node, item] of this.items) item.classList.toggle("of-group", group !== null && this.tree.group[node] === group);
  }

  click(event) {
    const item = event.target.closest("li");
    if (!item) return;
    if (item.fill) return this.loadMore(item);
    this.focusable(item);
    if (event.target.closest(".twist")) return this.toggle(item);
    return this.selection.choose(Number(item.dataset.node), { from: "outline" });
  }

  loadMore(item) {
    const before = item.previousElementSibling;
    item.fill();
    this.focus(before?.nextElementSibling ?? this.list.querySelector("li"));
  }

  toggle(item) {
    if (item.getAttribute("aria-expanded") === "true") this.close(item);
    else this.open(item);
  }

  press(event) {
    const item = event.target.closest("li");
    if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
    const expanded = item.getAttribute("aria-expanded");
    const rows = () => [...this.list.querySelectorAll("li")].filter((row) => !row.closest("ul[hidden]"));
    const act = {
      ArrowDown: () => this.focus(rows()[rows().indexOf(item) + 1]),
      ArrowUp: () => this.focus(rows()[rows().indexOf(item) - 1]),
      ArrowRight: () => (expanded === "true" ? this.focus(item.querySelector("li")) : this.open(item)),
      ArrowLeft: () => (expanded === "true" ? this.close(item) : this.focus(item.parentElement.closest("li"))),
      Home: () => this.focus(rows()[0]),
      End: () => this.focus(rows().at(-1)),
      "*": () => { for (const sibling of item.parentElement.children) this.open(sibling); },
      Enter: () => item.querySelector(".row").click(),
      " ": () => item.querySelector(".row").click(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** Make it the one item that the Tab key reaches. */
  focusable(item) {
    for (const other of this.list.querySelectorAll('li[tabindex="0"]')) other.tabIndex = -1;
    item.tabIndex = 0;
  }

  focus(item) {
    if (!item) return;
    this.focusable(item);
    item.focus();
    item.querySelector(".row").scrollIntoView({ block: "nearest" });
  }
}
