"use strict";
// Elements from data. Nothing here, or anywhere in these files, turns a string into markup.

const MATHML = "http://www.w3.org/1998/Math/MathML";
const NO_SCORE = "–";

/** An element with properties and children: elements, strings, which become text, or lists of both. */
function element(name, properties, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") made.className = value;
    else if (key === "on") for (const [kind, listen] of Object.entries(value)) made.addEventListener(kind, listen);
    else made.setAttribute(key, value === true ? "" : value);
  }
  return fill(made, children);
}

/** Put children into an element; one by one, because a long text has more than a call can take. */
function fill(parent, children) {
  for (const child of children.flat()) if (child !== null && child !== undefined) parent.append(child);
  return parent;
}

/** A MathML element from `[name, attributes, child, …]`. */
function mathElement([name, attributes, ...children]) {
  const made = document.createElementNS(MATHML, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.map((child) => (typeof child === "string" ? child : mathElement(child))));
  return made;
}

/** A formula `[source, mathml, display]`: typeset where it could be, as TeX where not. */
function formulaElement([source, mathml, display], { inline = false } = {}) {
  if (!mathml) return element("code", { class: "tex" }, source);
  const kind = display && !inline ? "formula display" : "formula";
  return element("span", { class: kind, title: source }, mathElement(mathml));
}

/** The score of a path or a step as a coloured chip with its number, paler where it was dropped. */
function scoreChip(score, { faded = false } = {}) {
  if (score === null) return element("span", { class: "score none", title: "no score" }, NO_SCORE);
  const chip = element("span", { class: faded ? "score faded" : "score", title: `score ${score}` }, score.toFixed(2));
  chip.style.setProperty("--share", score);
  return chip;
}

/** One small square per step, coloured by its score. */
function scoreSquares(scores) {
  const squares = scores.map((score) => {
    const square = element("span", { class: "score square", title: `step score ${score}` });
    square.style.setProperty("--share", score ?? 0);
    return square;
  });
  return element("span", { class: "squares", "aria-hidden": "true" }, ...squares);
}

/** Plain text as nodes, with what was searched for marked. */
function markedNodes(text, sought) {
  if (!sought) return text ? [text] : [];
  const nodes = [];
  const lower = text.toLowerCase();
  let begin = 0;
  if (lower.length === text.length) { // a few letters change their length; then nothing is marked
    for (let at = lower.indexOf(sought); at >= 0; at = lower.indexOf(sought, begin)) {
      nodes.push(text.slice(begin, at), element("mark", null, text.slice(at, at + sought.length)));
      begin = at + sought.length;
    }
  }
  return [...nodes, text.slice(begin)];
}

/** A count with its thing: `1 token`, `2,000 tokens`. */
function counted(count, thing) {
  return `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
}
