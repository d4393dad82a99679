// The page of the demo shop: its buttons, what it says, and what happened. How it sells is in
// clients/js, which is served here as client/.

import { createClient, createShop } from "./client/index.js";

const service = new URL("..", import.meta.url).href.replace(/\/$/, "");
const webApp = window.Telegram.WebApp;
const log = document.getElementById("log");
const now = document.getElementById("now");
const buttons = [...document.querySelectorAll("[data-item]")];
// In Telegram the launch data says who buys. The mock also believes a name.
const launched = webApp.initData && { Authorization: `tma ${webApp.initData}` };
const identity = launched || { "X-User-Id": demoUser() };
const shop = createShop({
  client: createClient({ service, identity }),
  openInvoice: (url, callback) => webApp.openInvoice(url, callback),
  say: (state) => (now.textContent = now.dataset[state]),
});

function demoUser() {
  const name = storedUser();
  document.getElementById("who").textContent = `(X-User-Id: ${name})`;
  return name;
}

function storedUser() {
  const made = `demo-${Math.random().toString(36).slice(2, 8)}`;
  try {
    const known = localStorage.getItem("demo-user") ?? made;
    localStorage.setItem("demo-user", known);
    return known;
  } catch {
    return made; // a browser that keeps nothing for a framed page
  }
}

async function run(act) {
  setBusy(true);
  try {
    const ended = await act();
    if (ended) tellEnd(ended);
  } catch (error) {
    const opened = error.message === "WebAppInvoiceOpened";
    tell("failed", now.dataset.trouble, opened ? now.dataset.opened : error.message);
  } finally {
    setBusy(false);
    now.textContent = "";
  }
}

// Not `disabled`: that would take the focus from who pays with the keyboard.
function setBusy(busy) {
  for (const button of buttons) button.setAttribute("aria-disabled", busy);
}

function tellEnd({ purchase, said }) {
  const { item_id, status, purchase_id } = purchase;
  tell(status, `${item_id}: ${now.dataset[status] ?? status}`, `openInvoice: ${said} · ${purchase_id}`);
}

function tell(kind, title, detail) {
  const entry = document.createElement("li");
  entry.className = kind;
  entry.append(Object.assign(document.createElement("strong"), { textContent: title }), ` ${detail}`);
  log.prepend(entry);
}

webApp.onEvent("invoiceClosed", ({ url, status }) => console.debug("invoiceClosed", url, status));
for (const button of buttons) {
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    const { item, type, price } = button.dataset;
    run(() => shop.buy({ item_id: item, price_stars: Number(price), purchase_type: type, source: "demo" }));
  });
}
run(shop.resume);
