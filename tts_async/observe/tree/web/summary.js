// The head of the page: what was asked, what came out, who voted for it, what it cost.

const STOP_REASONS = {
  finished: "the search ran to its end",
  no_answer: "no candidate has an answer",
  budget: "the budget was spent first",
  deadline: "the deadline came first",
  error: "the search failed",
};
const LONG_ANSWER = 24;

function showHead(tree) {
  const { data } = tree;
  const run = [data.strategy, data.n === null ? null : `n = ${data.n}`, `seed ${data.seed}`, `problem ${data.problemId}`];
  document.getElementById("run").append(run.filter(Boolean).join(" · "));
  fill(document.getElementById("problem"), tree.render(data.problem));
  if (data.history.length) {
    const turns = data.history.map((turn) =>
      element("p", { class: "prose" }, element("strong", null, `${turn.role}: `), tree.render(turn.text)));
    const title = element("summary", null, counted(data.history.length, "earlier turn"));
    document.getElementById("history").append(element("details", null, title, ...turns));
  }
}

function showAnswer(tree) {
  const { data } = tree;
  const place = document.getElementById("answer");
  const kind = data.answer && tree.source(data.answer).length > LONG_ANSWER ? "verdict long" : "verdict";
  place.append(
    element("h2", { class: "label" }, "Answer"),
    data.answer ? element("span", { class: kind }, tree.render(data.answer)) : element("span", { class: "verdict none" }, "none"),
  );
  if (data.answer) place.append(element("p", null, `${Math.round(100 * data.confidence)} % of the vote`));
  place.append(element("p", { class: "label" }, STOP_REASONS[data.stopReason] ?? data.stopReason));
  if (data.error) place.append(element("p", { class: "error" }, data.error));
  if (data.reference) place.append(element("p", { class: "label" }, "reference answer: ", tree.render(data.reference)));
  if (data.mathMissing) place.append(element("p", { class: "note" }, "Formulas are shown as TeX; the html extra sets them."));
}

function showVotes(tree, selection) {
  const { votes } = tree.data;
  const place = document.getElementById("votes");
  place.append(element("h2", { class: "label" }, counted(tree.data.candidates, "candidate"), votes.length ? `, ${counted(votes.length, "answer")}` : ""));
  if (!votes.length) return;
  const most = Math.max(...votes.map((group) => group.weight)) || 1;
  const order = votes.map((_, group) => group).sort((a, b) => votes[b].weight - votes[a].weight || votes[b].count - votes[a].count);
  const rows = order.map((group) => {
    const { answer, count, weight } = votes[group];
    const button = element("button", { type: "button", "aria-pressed": "false", title: "Show its candidates" }, tree.render(answer, { inline: true }));
    const bar = element("i");
    bar.style.setProperty("--share", weight / most);
    const row = element("tr", { class: group === tree.data.winningGroup ? "wins" : null, on: { click: () => selection.toggleGroup(group) } },
      element("td", null, button),
      element("td", { class: "number" }, String(count)),
      element("td", { class: "number" }, weight.toFixed(2)),
      element("td", { class: "bar" }, bar));
    return { group, row, button };
  });
  const head = element("tr", null, element("th", null, "answer"), element("th", { class: "number" }, "votes"), element("th", { class: "number" }, "weight"), element("th"));
  place.append(element("div", { class: "votes" }, element("table", null, element("thead", null, head), element("tbody", null, ...rows.map(({ row }) => row)))));
  selection.addEventListener("group", () => {
    for (const { group, row, button } of rows) {
      row.classList.toggle("chosen", group === selection.group);
      button.setAttribute("aria-pressed", String(group === selection.group));
    }
  });
}

function showSpend(tree) {
  const { spend } = tree.data;
  const pruned = tree.kept.filter((kept) => !kept).length;
  const figures = [
    ["tokens", spend.tokens.toLocaleString("en")],
    ["seconds", spend.seconds.toFixed(2)],
    ["requests", spend.expansions.toLocaleString("en")],
    ["paths scored", spend.verifier_calls.toLocaleString("en")],
    ["nodes", tree.size.toLocaleString("en")],
    ["of them pruned", pruned.toLocaleString("en")],
  ];
  if (spend.wasted_tokens) figures.push(["tokens drawn in vain", spend.wasted_tokens.toLocaleString("en")]);
  if (spend.saved_tokens) figures.push(["tokens saved", `≈ ${spend.saved_tokens.toLocaleString("en")}`]);
  const entries = figures.map(([name, value]) => element("div", null, element("dt", null, name), element("dd", null, value)));
  document.getElementById("spend").append(element("dl", { class: "spend" }, ...entries));
}
