// The search as data: nodes by their index in tree order, texts as pieces.

const NO_CANDIDATE = -2;
const ABSTAINED = -1;

class SearchTree {
  constructor(data) {
    Object.assign(this, data.nodes);
    this.data = data;
    this.size = this.parent.length;
    this.children = this.parent.map(() => []);
    this.roots = [];
    this.depth = new Array(this.size).fill(1);
    this.below = new Array(this.size).fill(0);
    for (let node = 0; node < this.size; node += 1) {
      const above = this.parent[node];
      (above < 0 ? this.roots : this.children[above]).push(node);
      if (above >= 0) this.depth[node] = this.depth[above] + 1;
    }
    for (let node = this.size - 1; node >= 0; node -= 1) {
      if (this.parent[node] >= 0) this.below[this.parent[node]] += this.below[node] + 1;
    }
    this.deepest = this.depth.reduce((most, depth) => Math.max(most, depth), 0);
    this.lowered = new Array(this.size);
  }

  /** The node and everything above it, from the root down. */
  lineage(node) {
    const found = [];
    for (let up = node; up >= 0; up = this.parent[up]) found.push(up);
    return found.reverse();
  }

  /** Where the node stands: the ordinals from the root down to it. */
  path(node) {
    return this.lineage(node).map((up) => this.place[up]).join(".");
  }

  isCandidate(node) {
    return this.group[node] !== NO_CANDIDATE;
  }

  wins(node) {
    return this.group[node] >= 0 && this.group[node] === this.data.winningGroup;
  }

  /** The candidate that the answer comes from, -1 without one. */
  get winner() {
    return this.winning.lastIndexOf(1);
  }

  source(pieces) {
    return pieces.map((piece) => (typeof piece === "string" ? piece : this.data.formulas[piece][0])).join("");
  }

  text(node) {
    return this.steps[node].map(([, pieces]) => this.source(pieces)).join("");
  }

  /** Whether the node's text has the sought one in it, which is in lower case. */
  has(node, sought) {
    this.lowered[node] ??= this.text(node).toLowerCase();
    return this.lowered[node].includes(sought);
  }

  /** Pieces as nodes: all of them, or on one line and no more than some characters of them. */
  render(pieces, { sought = "", inline = false, most = Infinity } = {}) {
    const prose = new Prose({ sought, inline });
    let left = most;
    for (const piece of pieces) {
      if (left <= 0) {
        prose.text("…");
        break;
      }
      const formula = typeof piece === "string" ? null : this.data.formulas[piece]; // a text may be "at"
      if (typeof piece === "string") prose.text(piece.slice(0, left));
      else prose.node(formulaElement(formula, { inline }));
      left -= (formula ? formula[0] : piece).length;
    }
    return prose.nodes;
  }
}
