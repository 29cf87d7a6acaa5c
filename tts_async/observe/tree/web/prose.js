// Running text, piece by piece: formulas stand in it, and lines that are Markdown headings are bold.

const HEADING = /^#{1,6}[ \t]+/;
const LINES = /(?<=\n)/;

class Prose {
  nodes = [];
  #heading = null;
  #atLineStart = true;

  constructor({ sought, inline }) {
    Object.assign(this, { sought, inline });
  }

  text(text) {
    for (const line of text.split(LINES)) {
      const mark = this.#atLineStart ? HEADING.exec(line)?.[0] : undefined;
      if (mark) {
        this.#heading = element("strong");
        this.nodes.push(this.#heading);
      }
      const ends = line.endsWith("\n");
      this.#append(...markedNodes(line.slice(mark?.length ?? 0, ends ? -1 : undefined), this.sought));
      if (ends) this.#breakLine(this.#atLineStart && line.trim() === "");
      if (line) this.#atLineStart = ends;
    }
  }

  node(node) {
    this.#append(node);
    this.#atLineStart = false;
  }

  #append(...nodes) {
    for (const node of nodes) {
      if (this.#heading) this.#heading.append(node);
      else if (typeof node === "string" && typeof this.nodes.at(-1) === "string") this.nodes.push(this.nodes.pop() + node);
      else this.nodes.push(node);
    }
  }

  #breakLine(isEmpty) {
    this.#heading = null;
    if (!this.inline) this.#append("\n");
    else if (!isEmpty) this.#append(" → ");
  }
}

/** Pieces without the empty lines at their end. */
function trimmed(pieces) {
  const last = pieces.at(-1);
  return typeof last === "string" ? [...pieces.slice(0, -1), last.trimEnd()] : pieces;
}
