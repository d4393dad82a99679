// The payment sheet in a frame: tells the app below how it ended. Without JavaScript the buttons still do all they do.
"use strict";

const app = window.parent;
const framed = app !== window;

// To whoever frames it: the page's policy lets only the origins in CORS_ORIGINS do so, and an outcome is no secret.
function tell(state) {
  if (framed) app.postMessage({ event: "stars_invoice", status: document.body.dataset.status, ...state }, "*");
}

document.documentElement.classList.toggle("framed", framed);
document.getElementById("done")?.addEventListener("click", () => tell({ ended: true }));
if (framed) document.getElementById("done")?.removeAttribute("hidden");

document.querySelector("form")?.addEventListener("submit", (event) => {
  if (event.currentTarget.dataset.sent) return event.preventDefault();  // pressed twice
  event.currentTarget.dataset.sent = "yes";
  tell({ busy: true });
});

// Times are UTC as they come; a reader has a clock of their own, and finds UTC on hover.
for (const time of document.querySelectorAll("time")) {
  time.textContent = new Date(time.dateTime).toLocaleTimeString(document.documentElement.lang);
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("form[data-sent]")) tell({ ended: true });
});

addEventListener("pageshow", () => {
  document.querySelector("form")?.removeAttribute("data-sent");  // back from the next page
  tell({ ended: "ended" in document.body.dataset });
});
