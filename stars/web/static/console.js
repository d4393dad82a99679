// The console with JavaScript: it stays fresh, speaks the reader's time, copies and is found by keys. Without it, reload.
"use strict";

// Milliseconds: soon enough to watch a purchase happen, and a light load for the database; what costs more says so itself.
const EVERY = Math.max(2000, ...[...document.querySelectorAll("[data-live]")].map((part) => Number(part.dataset.live)));
const SUM_EVERY = 30_000; // milliseconds: every purchase is counted for it
const COPIED_FOR = 1500; // milliseconds

// --- What is shown stays as it is now -----------------------------------------------------------------------------

const shown = new Map(); // what each part was last made of, by its id

async function fetchPage(address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) throw Error(answer.statusText);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function refresh() {
  const fresh = await fetchPage(location.href);
  for (const old of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(old.id);
    if (now) replace(old, now);
  }
}

function replace(old, now) {
  const html = now.innerHTML;
  if (html === shown.get(old.id)) return;
  if (isSelected(old)) return; // somebody is about to copy: the next look is soon
  const known = new Set(keysOf(old));
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const unfolded = [...old.querySelectorAll("details[open]")].map((part) => part.id);
  const place = placeIn(old);
  const scrolled = [...old.querySelectorAll(".scroll")].map((part) => part.scrollLeft);
  old.replaceChildren(...now.childNodes);
  shown.set(old.id, html);
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  for (const row of old.querySelectorAll("[data-key]")) row.classList.toggle("fresh", !known.has(row.dataset.key));
  dress(old);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  for (const part of old.querySelectorAll(".scroll")) part.scrollLeft = scrolled.shift() ?? 0;
  returnTo(old, place);
}

// The row that somebody reads: the first one in sight, once the beginning is not.
function placeIn(part) {
  if (part.getBoundingClientRect().top >= 0) return null;
  for (const row of part.querySelectorAll("[data-key]")) {
    const { top } = row.getBoundingClientRect();
    if (top >= 0) return { key: row.dataset.key, top };
  }
  return null;
}

function returnTo(part, place) {
  const row = place && part.querySelector(`[data-key="${CSS.escape(place.key)}"]`);
  if (row) scrollBy(0, row.getBoundingClientRect().top - place.top);
}

function keysOf(part) {
  return [...part.querySelectorAll("[data-key]")].map((row) => row.dataset.key);
}

function isSelected(part) {
  const selection = getSelection();
  return !selection.isCollapsed && selection.containsNode(part, true);
}

async function keepFresh() {
  while (true) {
    await new Promise((resume) => setTimeout(resume, EVERY));
    if (document.hidden) continue;
    await refresh().then(() => delete document.body.dataset.stale, () => (document.body.dataset.stale = ""));
  }
}

// --- Sums, which take longer than the page ------------------------------------------------------------------------

async function keepSums(place) {
  place.textContent = "counting…";
  while (true) {
    if (!document.hidden) {
      const sums = await fetchPage(place.dataset.load).catch(() => null);
      if (sums) place.replaceChildren(...sums.getElementById(place.id).childNodes);
      else place.textContent = "not counted: too much, or no connection";
    }
    await new Promise((resume) => setTimeout(resume, SUM_EVERY));
  }
}

// --- Times, copying, keys -----------------------------------------------------------------------------------------

function dress(part) {
  for (const time of part.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    const parts = { dateStyle: "medium", timeStyle: "medium" };
    time.textContent = at.toLocaleString(document.documentElement.lang, parts);
  }
  if (navigator.clipboard) for (const button of part.querySelectorAll(".copy")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = "copied";
  setTimeout(() => (button.textContent = "copy"), COPIED_FOR);
});

// A whole row leads to its purchase; but it can be selected from, and its links lead elsewhere.
document.addEventListener("click", (event) => {
  const row = event.target.closest(".purchases tr[data-key]");
  if (!row || event.target.closest("a, button") || !getSelection().isCollapsed) return;
  const link = row.querySelector(".row");
  if (event.ctrlKey || event.metaKey) window.open(link.href);
  else location.assign(link.href);
});

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, select, textarea");
  const field = writing ? null : document.querySelector(`[data-hotkey="${CSS.escape(event.key)}"]`);
  if (!field || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  field.select();
});

const STEPS = { j: 1, k: -1 };

document.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  if (!step || event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const rows = [...document.querySelectorAll("[data-key]")];
  const current = rows.findIndex((row) => row.contains(document.activeElement));
  rows[Math.max(0, current + step)]?.querySelector("a, button")?.focus();
});

// Back from a purchase to the list as it was filtered.
const list = "stars-console-list";
if (document.getElementById("filters")) sessionStorage.setItem(list, location.href);
for (const link of document.querySelectorAll("[data-back]")) link.href = sessionStorage.getItem(list) ?? link.href;

for (const part of document.querySelectorAll("[data-live]")) shown.set(part.id, part.innerHTML);
dress(document.body);
for (const zone of document.querySelectorAll("[data-zone]")) zone.textContent = zone.dataset.zone;
for (const place of document.querySelectorAll("[data-load]")) keepSums(place);
if (document.querySelector("[data-live]")) keepFresh();
