// Tells the front end that opened this invoice how it ended, as Telegram's web client does, and closes.
"use strict";

(() => {
  const CLOSES_AFTER = 1500; // milliseconds: long enough to read what happened
  const { slug, status } = document.getElementById("closing").dataset;
  const opener = window.opener ?? (window.parent === window ? null : window.parent);
  if (!opener) return;

  // The status alone is told, which front ends must not believe anyway: so whoever asks may hear it.
  const told = { eventType: "invoice_closed", eventData: { slug, status } };
  opener.postMessage(JSON.stringify(told), "*");

  const isOver = status === "paid" || status === "cancelled";
  if (window.opener && isOver) {
    document.getElementById("closing").hidden = false;
    setTimeout(() => window.close(), CLOSES_AFTER);
  }
})();
