// Keeps the home page up to date: waits for the journal to grow, then takes the new parts.
"use strict";

(() => {
  const RETRY = 1000; // milliseconds after a lost connection
  const WAIT = 25; // seconds that one request waits for news
  const PAUSE = 300; // milliseconds between two pages, however fast a bot calls
  const sources = new Map(); // what each part was made from
  const offline = document.getElementById("offline");

  const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

  // Times are written in UTC; people read their own zone, and UTC on hover.
  function localize(root) {
    for (const time of root.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      time.title = at.toUTCString();
      time.textContent = at.toLocaleTimeString(undefined, { hour12: false });
    }
  }

  async function fetchPage() {
    const answer = await fetch("/");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const fresh of page.querySelectorAll("[data-live]")) {
      const shown = document.querySelector(`[data-live="${fresh.dataset.live}"]`);
      if (fresh.innerHTML === sources.get(shown)) continue;
      // Nobody loses the button they are about to press.
      if (shown.contains(document.activeElement)) continue;
      sources.set(shown, fresh.innerHTML);
      shown.innerHTML = fresh.innerHTML;
      localize(shown);
    }
    return page.querySelector("[data-written]").dataset.written;
  }

  async function follow() {
    let written = document.querySelector("[data-written]").dataset.written;
    for (;;) {
      try {
        const news = await fetch(`/sim/journal?what=none&after=${written}&wait=${WAIT}`);
        if (!news.ok) throw new Error(news.statusText);
        written = await fetchPage();
        offline.hidden = true;
        await pause(PAUSE);
      } catch {
        offline.hidden = false;
        await pause(RETRY);
      }
    }
  }

  localize(document);
  follow();
})();
