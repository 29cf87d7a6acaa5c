// How busy the machine is: its lanes, and the tokens of the last minute.

const RECENT = 5; // seconds; the one that is not over yet is left out
const GAP = 1;

export class Machine {
  constructor() {
    this.rate = document.getElementById("rate");
    this.canvas = document.getElementById("sparkline");
    this.list = document.getElementById("lanes");
    this.lanes = new Map();
    this.tokens = [];
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  show({ lanes, tokens }) {
    this.tokens = tokens;
    const recent = tokens.slice(-RECENT - 1, -1);
    const rate = Math.round(recent.reduce((sum, count) => sum + count, 0) / RECENT);
    this.rate.textContent = rate.toLocaleString("en");
    this.canvas.setAttribute("aria-label", `Tokens per second in the last minute, at most ${Math.max(...tokens).toLocaleString("en")}`);
    for (const lane of lanes) this.showLane(lane);
    this.draw();
  }

  showLane({ name, capacity, in_use: used, queued }) {
    if (!this.lanes.has(name)) {
      const parts = { count: element("span", { class: "tabular" }), bar: element("i"), waiting: element("span", { class: "label tabular" }) };
      const row = element("li", null, element("span", { class: "name" }, name), element("span", { class: "track", "aria-hidden": "true" }, parts.bar), parts.count, parts.waiting);
      this.lanes.set(name, parts);
      this.list.append(row);
    }
    const { count, bar, waiting } = this.lanes.get(name);
    count.textContent = `${used} of ${capacity}`;
    bar.style.setProperty("--share", Math.min(1, used / capacity));
    waiting.textContent = queued ? `${queued.toLocaleString("en")} waiting` : "none waiting";
  }

  draw() {
    const { canvas, tokens } = this;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    const most = Math.max(...tokens, 1);
    const step = width / Math.max(1, tokens.length);
    pen.fillStyle = style.color;
    tokens.forEach((count, second) => {
      const tall = count ? Math.max(2, (height - 1) * (count / most)) : 1;
      pen.globalAlpha = count ? 0.9 : 0.25;
      pen.fillRect(second * step, height - tall, Math.max(1, step - GAP), tall);
    });
  }
}
