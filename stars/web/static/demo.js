// The demo shop: how a Mini App sells for Stars. Nothing here knows whether the service is the mock or live.
"use strict";

const SERVICE = document.currentScript.src.replace(/\/static\/demo\.js.*$/, "");
const webApp = window.Telegram.WebApp;
const log = document.getElementById("log");

// In Telegram the launch data says who buys. The mock also believes a name.
const who = webApp.initData ? { Authorization: `tma ${webApp.initData}` } : { "X-User-Id": demoUser() };

function demoUser() {
  const known = localStorage.getItem("demo-user") ?? `demo-${Math.random().toString(36).slice(2, 8)}`;
  localStorage.setItem("demo-user", known);
  document.getElementById("who").textContent = `(X-User-Id: ${known})`;
  return known;
}

async function call(path, body) {
  const answer = await fetch(`${SERVICE}/api/v1/purchase${path}`, {
    method: body ? "POST" : "GET",
    headers: body ? { ...who, "Content-Type": "application/json" } : who,
    body: body && JSON.stringify(body),
  });
  const document = await answer.json();
  if (!answer.ok) throw new Error(`${document.error}: ${document.detail}`);
  return document;
}

async function buy(item) {
  // Made by the client: the idempotency key. If the answer is lost, the same request again gives the same purchase.
  const purchase_id = `demo-${Date.now()}-${Math.random().toString(36).slice(2, 10)}`;
  const invoice = await call("/invoice", {
    purchase_id, item_id: item.item, price_stars: Number(item.price), purchase_type: item.type, source: "demo",
  });
  webApp.openInvoice(invoice.pay_url, (status) => settle(purchase_id, status).catch(fail));
}

// What the callback says is a hint. Whether it is paid, only the service knows.
async function settle(purchase_id, status) {
  let purchase = await call(`/${purchase_id}`);
  for (let tries = 0; purchase.status === "pending" && status === "paid" && tries < 30; tries++) {
    await new Promise((resume) => setTimeout(resume, 1000));
    purchase = await call(`/${purchase_id}`);
  }
  const events = await call(`/${purchase_id}/events`);
  tell(purchase.status, `${purchase.item_id}: ${purchase.status}`,
    `openInvoice said ${status}; ${events.map((event) => event.event_type).join(" → ")}`);
}

function fail(error) {
  tell("failed", "That did not work", error.message);
}

function tell(kind, title, detail) {
  const entry = document.createElement("li");
  entry.className = kind;
  entry.append(Object.assign(document.createElement("strong"), { textContent: title }), ` ${detail}`);
  log.prepend(entry);
}

webApp.onEvent("invoiceClosed", ({ url, status }) => console.debug("invoiceClosed", url, status));
for (const button of document.querySelectorAll("[data-item]")) {
  button.addEventListener("click", () => buy(button.dataset).catch(fail));
}
