// The list of a tree that grows: rows are added and repainted, never drawn anew, so that what is
// open stays open and the keyboard stays where it is.

const FOLLOWED = 150; // rows that open by themselves

export class LiveOutline extends Outline {
  show(tree) {
    this.tree = tree;
    this.draw();
  }

  /** `added` are new, `changed` are not but may look different. */
  update(added, changed) {
    for (const node of changed) this.repaint(node);
    for (const above of new Set(added.map((node) => this.tree.parent[node]))) this.addBelow(above);
    if (!this.list.querySelector('li[tabindex="0"]')) this.list.querySelector("li")?.setAttribute("tabindex", "0");
  }

  repaint(node) {
    const item = this.items.get(node);
    if (!item) return;
    item.querySelector(":scope > .row").replaceWith(this.row(node));
    item.classList.toggle("pruned", !this.tree.kept[node]);
    item.classList.toggle("on-the-way", Boolean(this.tree.winning[node]));
    item.setAttribute("aria-label", this.label(node));
  }

  /** Scroll the list, and not the page, to a node. */
  bringIntoView(node) {
    const row = this.items.get(node)?.querySelector(":scope > .row");
    const frame = this.list.parentElement;
    if (row) frame.scrollTop += row.getBoundingClientRect().top - frame.getBoundingClientRect().top - frame.clientHeight / 2;
  }

  addBelow(above) {
    if (above < 0) return void this.fillIfWhole(this.list, above);
    const item = this.items.get(above);
    if (!item) return;
    const list = item.querySelector(":scope > ul");
    if (list) return void this.fillIfWhole(list, above);
    item.setAttribute("aria-expanded", "false");
    if (this.items.size < FOLLOWED) this.open(item);
  }

  /** A list that shows only its first rows stays so. */
  fillIfWhole(list, above) {
    if (!list.querySelector(":scope > .more")) this.fill(list, above);
  }
}
