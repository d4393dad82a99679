// Tells the front end that opened this invoice how it ended, as Telegram's web client does.
// Then it closes the tab.
"use strict";

(() => {
  const CLOSES_AFTER = 1500; // milliseconds: long enough to read what happened
  const { slug, status } = document.getElementById("closing").dataset;
  const opener = window.opener ?? (window.parent === window ? null : window.parent);
  if (!opener) return;

  // Anybody may hear it: it is the status alone, which front ends must not believe anyway.
  const told = { eventType: "invoice_closed", eventData: { slug, status } };
  opener.postMessage(JSON.stringify(told), "*");

  const isOver = status === "paid" || status === "cancelled";
  if (window.opener && isOver) {
    document.getElementById("closing").hidden = false;
    setTimeout(() => window.close(), CLOSES_AFTER);
  }
})();
