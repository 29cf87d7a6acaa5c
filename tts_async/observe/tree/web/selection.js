// What the reader is looking at. The parts of the page change it and listen to it.

class Selection extends EventTarget {
  node = -1;
  group = null;

  choose(node, { from = null } = {}) {
    this.node = node;
    this.dispatchEvent(new CustomEvent("node", { detail: from }));
  }

  toggleGroup(group) {
    this.group = this.group === group ? null : group;
    this.dispatchEvent(new CustomEvent("group"));
  }
}
