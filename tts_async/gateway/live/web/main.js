// Put the page together.

import { Asking } from "./ask.js";
import { Chosen } from "./chosen.js";
import { Key } from "./key.js";
import { Machine } from "./machine.js";
import { Searches } from "./searches.js";
import { Stream } from "./stream.js";

const STATES = { live: "live", connecting: "connecting", reconnecting: "the gateway is away; trying again", paused: "paused", locked: "needs an API key" };

const key = new Key();
const stream = new Stream(key);
const asking = new Asking(key);
const machine = new Machine();
const searches = new Searches();
const chosen = new Chosen();
let now = 0;

const isMine = (record) => record.user !== undefined && asking.open.has(record.user);
const wasAskedHere = (record) => asking.names.has(record.user);

function take(frame) {
  now = frame.at;
  const newest = searches.update(frame.searches ?? [], isMine);
  if (frame.known) searches.keepOnly(frame.known);
  for (const record of frame.searches ?? []) if (isMine(record)) asking.arrived(record.user);
  follow(newest);
  const current = (frame.searches ?? []).find((record) => record.search === chosen.record?.search);
  if (current) chosen.update(current, now, isMine(current));
  if (frame.tree && frame.tree.search === chosen.record?.search) chosen.grow(frame.tree);
  if (frame.machine) {
    machine.show(frame.machine);
    searches.tick(now);
    chosen.tick(now);
  }
}

/** Show what was asked here; anything else only where nothing is shown yet. */
function follow(newest) {
  if (newest && (wasAskedHere(newest) || searches.chosen === null)) searches.choose(newest.search);
}

searches.addEventListener("choose", ({ detail }) => {
  const { record } = searches.items.get(detail);
  chosen.show(record);
  chosen.update(record, now, isMine(record));
  stream.watch(detail);
});
for (const place of [searches, chosen]) place.addEventListener("cancel", ({ detail }) => asking.cancel(detail.user));

stream.addEventListener("frame", ({ detail }) => take(detail));
stream.addEventListener("state", ({ detail }) => {
  const place = document.getElementById("connection");
  if (place.dataset.state === detail) return;
  place.dataset.state = detail;
  place.textContent = STATES[detail];
});
themeButton(() => {
  machine.draw();
  chosen.map.schedule();
});
stream.connect();
