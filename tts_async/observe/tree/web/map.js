// The whole tree in one picture: the root on top, a row per step, a place per leaf.

const MAP = { top: 14, bottom: 14, side: 14, row: { least: 11, most: 52, sum: 360 }, dot: { least: 1.3, most: 6.5 } };
const PRUNED_SHARE = 0.55; // the room of a pruned leaf, where that of another is 1
const FADED = 0.3;
const NEAR = 14;
const SHADES = 32;
const MOST_CAPTION = 200; // characters

class TreeMap {
  constructor(canvas, caption, tree, selection) {
    Object.assign(this, { canvas, caption, tree, selection, hovered: -1 });
    this.leaves = this.layOut();
    this.describe();
    const draw = () => this.schedule();
    new ResizeObserver(draw).observe(canvas.parentElement);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    selection.addEventListener("node", () => { this.showCaption(selection.node); draw(); });
    selection.addEventListener("group", draw);
    canvas.addEventListener("pointermove", (event) => this.hover(this.nearest(event)));
    canvas.addEventListener("pointerleave", () => this.hover(-1));
    canvas.addEventListener("click", (event) => {
      const node = this.nearest(event);
      if (node >= 0) selection.choose(node, { from: "map" });
    });
  }

  /** Horizontal places in [0, 1]: leaves side by side, parents above the middle of their children. */
  layOut() {
    const { tree } = this;
    this.x = new Float64Array(tree.size);
    let room = 0;
    for (let node = 0; node < tree.size; node += 1) {
      if (tree.children[node].length) continue;
      const own = tree.kept[node] ? 1 : PRUNED_SHARE;
      this.x[node] = room + own / 2;
      room += own;
    }
    for (let node = tree.size - 1; node >= 0; node -= 1) {
      const below = tree.children[node];
      if (below.length) this.x[node] = (this.x[below[0]] + this.x[below[below.length - 1]]) / 2;
    }
    for (let node = 0; node < tree.size; node += 1) this.x[node] /= room || 1;
    return room;
  }

  describe() {
    const { tree } = this;
    this.canvas.setAttribute("aria-label",
      `${counted(tree.size, "node")} in ${counted(tree.deepest, "row")}; the same tree stands below as a list`);
  }

  schedule() {
    this.waiting ??= requestAnimationFrame(() => { this.waiting = undefined; this.draw(); });
  }

  draw() {
    const { canvas, tree, selection } = this;
    const width = canvas.parentElement.clientWidth - 2 * parseFloat(getComputedStyle(canvas.parentElement).paddingLeft);
    const { least, most, sum } = MAP.row;
    this.row = Math.min(most, Math.max(least, sum / Math.max(1, tree.deepest)));
    const height = MAP.top + MAP.bottom + this.row * tree.deepest;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = `${height}px`;
    this.width = width;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const colours = this.colours();
    const spacing = (width - 2 * MAP.side) / Math.max(1, this.leaves);
    const radius = Math.max(MAP.dot.least, Math.min(MAP.dot.most, 0.4 * spacing, 0.3 * this.row));
    const inGroup = (node) => selection.group !== null && tree.group[node] === selection.group;
    this.edges(pen, (node) => !tree.kept[node], { colour: colours.faint, alpha: 0.35, width: 0.75 });
    this.edges(pen, (node) => tree.kept[node] && !tree.winning[node], { colour: colours.faint, alpha: 0.7, width: Math.max(0.75, radius / 5) });
    this.edges(pen, (node) => tree.winning[node], { colour: colours.accent, alpha: 1, width: Math.max(2, radius / 2) });
    this.dot(pen, width / 2, MAP.top, Math.max(3, radius * 0.8), colours.soft);
    for (const kept of [0, 1]) {
      for (let node = 0; node < tree.size; node += 1) {
        if (Boolean(tree.kept[node]) !== Boolean(kept)) continue;
        const dim = selection.group !== null && !inGroup(node);
        pen.globalAlpha = kept ? (dim ? 0.45 : 1) : FADED;
        const score = tree.score[node];
        const size = tree.winning[node] ? Math.max(radius, 3) : radius;
        this.dot(pen, this.px(node), this.py(node), size, score === null ? colours.faint : colours.shades[Math.round(score * SHADES)]);
        if (tree.isCandidate(node)) {
          const wins = tree.wins(node) || inGroup(node);
          this.ring(pen, node, size + 1, wins ? colours.accent : colours.ink, Math.min(2, 0.5 + radius / 4));
        }
      }
    }
    pen.globalAlpha = 1;
    for (const [node, colour] of [[selection.node, colours.focus], [this.hovered, colours.ink]]) {
      if (node >= 0) this.ring(pen, node, Math.max(radius, 3) + 4, colour, 2);
    }
  }

  edges(pen, wanted, { colour, alpha, width }) {
    const { tree } = this;
    pen.beginPath();
    for (let node = 0; node < tree.size; node += 1) {
      if (!wanted(node)) continue;
      const above = tree.parent[node];
      const [x, y] = [this.px(node), this.py(node)];
      const [fromX, fromY] = above < 0 ? [this.width / 2, MAP.top] : [this.px(above), this.py(above)];
      const middle = (fromY + y) / 2;
      pen.moveTo(fromX, fromY);
      pen.bezierCurveTo(fromX, middle, x, middle, x, y);
    }
    Object.assign(pen, { strokeStyle: colour, globalAlpha: alpha, lineWidth: width });
    pen.stroke();
    pen.globalAlpha = 1;
  }

  dot(pen, x, y, radius, colour) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fillStyle = colour;
    pen.fill();
  }

  ring(pen, node, radius, colour, width) {
    pen.beginPath();
    pen.arc(this.px(node), this.py(node), radius, 0, 2 * Math.PI);
    Object.assign(pen, { strokeStyle: colour, lineWidth: width });
    pen.stroke();
  }

  px(node) { return MAP.side + this.x[node] * (this.width - 2 * MAP.side); }

  py(node) { return MAP.top + this.tree.depth[node] * this.row; }

  /** The colours of the style sheet as the theme of the moment has them. */
  colours() {
    const probe = element("span");
    this.canvas.after(probe);
    const resolved = (value) => { probe.style.color = value; return getComputedStyle(probe).color; };
    const named = Object.fromEntries(["ink", "soft", "faint", "accent", "focus"].map((name) => [name, resolved(`var(--${name})`)]));
    const shades = Array.from({ length: SHADES + 1 }, (_, shade) =>
      resolved(`color-mix(in oklch, var(--low), var(--high) ${(100 * shade) / SHADES}%)`));
    probe.remove();
    return { ...named, shades };
  }

  nearest(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [best, distance] = [-1, NEAR * NEAR];
    for (let node = 0; node < this.tree.size; node += 1) {
      const apart = (this.px(node) - x) ** 2 + (this.py(node) - y) ** 2;
      if (apart < distance) [best, distance] = [node, apart];
    }
    return best;
  }

  hover(node) {
    if (node === this.hovered) return;
    this.hovered = node;
    this.canvas.style.cursor = node >= 0 ? "pointer" : "";
    this.showCaption(node >= 0 ? node : this.selection.node);
    this.schedule();
  }

  showCaption(node) {
    if (node < 0) return this.caption.replaceChildren();
    const { tree } = this;
    const score = tree.score[node] === null ? "" : ` · score ${tree.score[node].toFixed(2)}`;
    const state = tree.kept[node] ? "" : " · pruned";
    const pieces = trimmed(tree.steps[node].flatMap(([, step]) => step));
    return this.caption.replaceChildren(`Step ${tree.depth[node]}${score}${state} · `,
      ...tree.render(pieces, { inline: true, most: MOST_CAPTION }));
  }
}
