// Keeps a page of the console fresh: asks for it again and puts in what has changed. Without JavaScript, reload.
"use strict";

// ms: soon enough to watch a purchase happen, and a light load for the database; what costs more says so itself.
const EVERY = Math.max(2000, ...[...document.querySelectorAll("[data-live]")].map((part) => Number(part.dataset.live)));

async function refresh() {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) throw Error(answer.statusText);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(old.id);
    if (now) replace(old, now);
  }
}

function replace(old, now) {
  const before = old.dataset.shown ?? old.innerHTML;
  const html = now.innerHTML;
  if (before === html || old.querySelector("details[open]")) return;  // nothing new, or somebody reads on
  const keys = new Set([...old.querySelectorAll("[data-key]")].map((row) => row.dataset.key));
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceChildren(...now.childNodes);
  old.dataset.shown = html;
  for (const row of old.querySelectorAll("[data-key]")) row.classList.toggle("fresh", !keys.has(row.dataset.key));
  if (focused) document.getElementById(focused)?.focus();
}

async function keepFresh() {
  while (true) {
    await new Promise((resume) => setTimeout(resume, EVERY));
    if (document.hidden) continue;
    await refresh().then(() => delete document.body.dataset.stale, () => (document.body.dataset.stale = ""));
  }
}

if (document.querySelector("[data-live]")) keepFresh();
