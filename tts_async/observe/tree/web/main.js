// Put the page together.

const TYPING = 120; // ms without a key until the search begins

function filterOutline(tree, outline, initiallyOpen) {
  const search = document.getElementById("search");
  const keptOnly = document.getElementById("kept-only");
  const found = document.getElementById("found");
  const all = tree.parent.map((_, node) => node);

  function apply() {
    const sought = search.value.trim().toLowerCase();
    const allowed = keptOnly.checked ? all.filter((node) => tree.kept[node]) : all;
    if (!sought) {
      found.replaceChildren(keptOnly.checked ? `${counted(allowed.length, "node")} that led to an answer` : "");
      return outline.draw({ visible: keptOnly.checked ? new Set(allowed) : null, open: initiallyOpen });
    }
    const hits = allowed.filter((node) => tree.has(node, sought));
    const visible = new Set(hits.flatMap((node) => tree.lineage(node)));
    const shown = hits.slice(0, CHUNK);
    found.replaceChildren(`${hits.length.toLocaleString("en")} of ${counted(allowed.length, "node")}`,
      hits.length > shown.length ? `; the first ${shown.length} are laid open` : "");
    return outline.draw({ visible, sought, open: shown.flatMap((node) => tree.lineage(node).slice(0, -1)) });
  }

  let timer;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(apply, TYPING); });
  keptOnly.addEventListener("change", apply);
  document.getElementById("expand").addEventListener("click", () => {
    if (!outline.openAll()) found.replaceChildren(`The first ${MOST_ROWS.toLocaleString("en")} rows are open; open the rest where you need it`);
  });
  document.getElementById("collapse").addEventListener("click", () => { found.replaceChildren(); outline.closeAll(); });
  apply();
}

function main() {
  const tree = new SearchTree(JSON.parse(document.getElementById("search-data").textContent));
  const selection = new Selection();
  showHead(tree);
  showAnswer(tree);
  showVotes(tree, selection);
  showSpend(tree);
  const map = new TreeMap(document.getElementById("map"), document.getElementById("map-caption"), tree, selection);
  const outline = new Outline(document.getElementById("outline"), tree, selection);
  new Details(document.getElementById("details"), tree, selection);
  filterOutline(tree, outline, tree.data.open);
  themeButton(() => map.schedule());
  selection.choose(tree.winner >= 0 ? tree.winner : tree.roots[0] ?? -1);
}

main();
