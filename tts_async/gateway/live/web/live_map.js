// The picture of a tree that grows: what is there glides to its new place, what is new comes out
// of its parent. Where the reader wants no motion, or there is much to draw, everything is in its
// place at once.

const GLIDE = 320; // ms
const NARROW = 500; // pixels
const MOST_GLIDING = 600; // nodes

export class LiveMap extends TreeMap {
  #from = { x: [], level: [] };
  #at = { x: [], level: [] };
  #began = 0;
  #calm = matchMedia("(prefers-reduced-motion: reduce)");

  /** The tree has changed. */
  refresh() {
    const { x, level } = this.#at;
    for (let node = x.length; node < this.tree.size; node += 1) {
      const above = this.tree.parent[node];
      [x[node], level[node]] = above < 0 ? [0.5, 0] : [x[above], level[above]];
    }
    this.#from = { x: [...x], level: [...level] };
    this.#began = performance.now();
    this.place();
  }

  /** Show another tree, without any gliding. */
  show(tree) {
    this.tree = tree;
    this.hovered = -1;
    this.#at = { x: [], level: [] };
    this.#began = 0;
    this.place();
    this.showCaption(-1);
  }

  place() {
    this.leaves = this.layOut();
    this.describe();
    this.schedule();
  }

  /** As in the finished tree, but nodes are numbered as they came and not in the order of the tree. */
  layOut() {
    const { tree } = this;
    this.x = new Float64Array(tree.size);
    let room = 0;
    const stack = tree.roots.toReversed();
    while (stack.length) {
      const node = stack.pop();
      const below = tree.children[node];
      for (let child = below.length - 1; child >= 0; child -= 1) stack.push(below[child]);
      if (below.length) continue;
      const own = tree.kept[node] ? 1 : PRUNED_SHARE;
      this.x[node] = room + own / 2;
      room += own;
    }
    for (let node = tree.size - 1; node >= 0; node -= 1) { // a child's number is above its parent's
      const below = tree.children[node];
      if (below.length) this.x[node] = (this.x[below[0]] + this.x[below[below.length - 1]]) / 2;
    }
    for (let node = 0; node < tree.size; node += 1) this.x[node] /= room || 1;
    return room;
  }

  draw() {
    const isMoving = this.move();
    super.draw();
    this.markGrowing();
    if (isMoving) this.schedule();
  }

  /** Put every node where it is at this moment; returns whether it is on its way. */
  move() {
    const { tree, x } = this;
    const still = this.#calm.matches || tree.size > MOST_GLIDING;
    const share = still ? 1 : Math.min(1, (performance.now() - this.#began) / GLIDE);
    const eased = 1 - (1 - share) ** 3;
    for (let node = 0; node < tree.size; node += 1) {
      const [fromX, fromLevel] = [this.#from.x[node] ?? x[node], this.#from.level[node] ?? tree.depth[node]];
      this.#at.x[node] = fromX + (x[node] - fromX) * eased;
      this.#at.level[node] = fromLevel + (tree.depth[node] - fromLevel) * eased;
    }
    return share < 1;
  }

  /** A dashed ring around what is being continued at the moment. */
  markGrowing() {
    const { tree } = this;
    const pen = this.canvas.getContext("2d");
    Object.assign(pen, { strokeStyle: getComputedStyle(this.canvas).color, globalAlpha: 0.9, lineWidth: 1.25 });
    pen.setLineDash([2.5, 2.5]);
    const radius = this.width < NARROW ? 6 : 9;
    const ring = (x, y) => { pen.beginPath(); pen.arc(x, y, radius, 0, 2 * Math.PI); pen.stroke(); };
    if (tree.rootGrowing) ring(this.width / 2, MAP.top);
    for (let node = 0; node < tree.size; node += 1) if (tree.growing[node]) ring(this.px(node), this.py(node));
    pen.setLineDash([]);
  }

  px(node) { return MAP.side + this.#at.x[node] * (this.width - 2 * MAP.side); }

  py(node) { return MAP.top + this.#at.level[node] * this.row; }
}
