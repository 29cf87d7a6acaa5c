// A search tree that grows.

const COLUMNS = ["parent", "place", "score", "steps", "finish", "tokens", "kept", "winning", "group", "answer", "growing", "pruned"];

export class LiveTree extends SearchTree {
  constructor() {
    const nodes = Object.fromEntries(COLUMNS.map((name) => [name, []]));
    super({ nodes, formulas: [], votes: [], candidates: 0, winningGroup: null, answer: null });
    this.rootGrowing = 0;
    this.concluded = false;
  }

  /** Take the nodes of a frame; returns which of them are new. */
  grow({ nodes, growing = 0, outcome }) {
    this.rootGrowing = growing;
    const added = nodes.filter((record) => this.put(record)).map(({ number }) => number);
    if (outcome) this.conclude(outcome);
    else if (!this.concluded) this.fade();
    return added;
  }

  put({ number, parent, place, score = null, steps, finish, tokens, growing = 0, pruned = false }) {
    const isNew = number >= this.size;
    const pieces = steps.map(([own, text]) => [own, [text]]);
    Object.entries({ parent, place, score, steps: pieces, finish, tokens, growing, pruned }).forEach(([name, value]) => { this[name][number] = value; });
    if (isNew) {
      this.size = number + 1;
      Object.entries({ kept: 1, winning: 0, group: finish === "stop" ? -1 : -2, answer: null }).forEach(([name, value]) => { this[name][number] = value; });
      this.children[number] = [];
      this.below[number] = 0;
      (parent < 0 ? this.roots : this.children[parent]).push(number);
      this.depth[number] = parent < 0 ? 1 : this.depth[parent] + 1;
      this.deepest = Math.max(this.deepest, this.depth[number]);
      for (let up = parent; up >= 0; up = this.parent[up]) this.below[up] += 1;
    }
    return isNew;
  }

  /** A branch fades when everything below it was passed over. */
  fade() {
    for (let node = this.size - 1; node >= 0; node -= 1) {
      const below = this.children[node];
      this.kept[node] = below.length ? Number(below.some((child) => this.kept[child])) : Number(!this.pruned[node]);
    }
  }

  /** Answers that are formulas, by their text. */
  typeset(mathml) {
    this.formulaOf = new Map(Object.keys(mathml).map((answer, place) => [answer, place]));
    this.data.formulas = Object.entries(mathml).map(([answer, formula]) => [answer, formula, false]);
  }

  /** An answer as the page shows texts. */
  pieces(answer) {
    return [this.formulaOf.get(answer) ?? answer];
  }

  /** The search is over: who voted for what, and which way led there. */
  conclude({ stood, candidates, votes, spend, seed, winner = -1, mathml = {} }) {
    this.typeset(mathml);
    this.concluded = true;
    this.kept.fill(0);
    this.winning.fill(0);
    this.growing.fill(0);
    this.group.fill(-2);
    for (const { number, group = -1, answer = null } of candidates) {
      this.group[number] = group;
      this.answer[number] = answer === null ? null : this.pieces(answer);
      for (let up = number; up >= 0 && !this.kept[up]; up = this.parent[up]) this.kept[up] = 1;
    }
    if (winner >= 0) for (const up of this.lineage(winner)) this.winning[up] = 1;
    Object.assign(this.data, {
      spend, seed, candidates: stood,
      votes: votes.map(({ answer, count, weight }) => ({ answer: this.pieces(answer), count, weight })),
      winningGroup: winner >= 0 ? this.group[winner] : null,
    });
  }
}
