// How a Mini App sells for Stars: to copy from. It knows nothing of the page, nor whether the service is the mock or live.
//
// * One purchase at a time. Its id is made here and kept until it has ended, so that a double click, a lost answer or a
//   reload is the same purchase again.
// * What openInvoice calls back with is a hint. It has said `cancelled` and `failed` of what was paid, and nothing at
//   all. Only the service knows: it is asked whatever was said.

const KEPT = "stars-purchase";
const LOOK_EVERY = 1_000; // milliseconds
const TRIES = 8; // about a minute without a connection
const PATIENCE = 10_000; // milliseconds for one answer

// Seconds for which a pending purchase is looked at after openInvoice has said this. Paid, it is a matter of seconds.
const LOOK_FOR = { paid: 120, pending: 120, cancelled: 5, failed: 5, nothing: 600 };

/**
 * Returns `buy(item)` and `resume()`. Both resolve to `{ purchase, said }` once it has ended or is given up as pending,
 * and to null where there is nothing to do.
 *
 * service: the address of the service. identity: the headers that say who buys. openInvoice: Telegram's or the mock's.
 * say: is told what goes on: "invoice", "waiting", "offline".
 */
export function createShop({ service, identity, openInvoice, say }) {
  let busy = false;

  async function buy({ item_id, price_stars, purchase_type, source }) {
    const kept = keptPurchase();
    const purchase_id = kept?.item_id === item_id ? kept.purchase_id : newPurchaseId();
    return alone(async () => {
      keep({ purchase_id, item_id });
      say("invoice");
      const order = { purchase_id, item_id, price_stars, purchase_type, source };
      const invoice = await insist(() => call("POST", "/invoice", order));
      const sheet = { said: "nothing", since: Date.now() };
      if (invoice.status === "pending") {
        openInvoice(invoice.pay_url, (status) => Object.assign(sheet, { said: status, since: Date.now() }));
      }
      say("waiting");
      return settle(purchase_id, sheet);
    });
  }

  // What became of a purchase that a reload cut short.
  async function resume() {
    const kept = keptPurchase();
    if (!kept) return null;
    say("waiting");
    return alone(() => settle(kept.purchase_id, { said: "cancelled", since: Date.now() }));
  }

  async function alone(act) {
    if (busy) return null;
    busy = true;
    try {
      return await act();
    } catch (error) {
      if (error.code && !error.retryAfter) forget(); // refused for good: the next try is another purchase
      throw error;
    } finally {
      busy = false;
    }
  }

  async function settle(purchase_id, sheet) {
    while (true) {
      const purchase = await insist(() => call("GET", `/${purchase_id}`));
      if (purchase.status !== "pending") {
        forget();
        return { purchase, said: sheet.said };
      }
      const seconds = LOOK_FOR[sheet.said] ?? LOOK_FOR.nothing;
      if (Date.now() > sheet.since + seconds * 1000) return { purchase, said: sheet.said };
      await pause(LOOK_EVERY);
    }
  }

  // Asks again, with the same purchase_id, while nobody can tell what became of it.
  async function insist(ask) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await ask();
      } catch (error) {
        if (!error.retryAfter || tries === TRIES) throw error;
        say("offline");
        await pause(Math.max(error.retryAfter, tries) * 1000);
      }
    }
  }

  async function call(method, path, body) {
    const headers = body ? { ...identity, "Content-Type": "application/json" } : identity;
    const asked = { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE) };
    let answer;
    try {
      answer = await fetch(`${service}/api/v1/purchase${path}`, asked);
    } catch (error) {
      throw Object.assign(new Error("There is no connection."), { cause: error, retryAfter: 1 });
    }
    const document = await answer.json().catch(() => ({}));
    if (answer.ok) return document;
    const error = new Error(document.detail ?? `The service answered ${answer.status}.`);
    const retryAfter = answer.status >= 500 ? Number(answer.headers.get("Retry-After") ?? 1) : 0;
    throw Object.assign(error, { code: document.error, retryAfter });
  }

  return { buy, resume };
}

function newPurchaseId() {
  const random = crypto.getRandomValues(new Uint32Array(3));
  return `demo-${[...random].map((number) => number.toString(36)).join("-")}`;
}

function pause(milliseconds) {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}

// Inside Telegram's web client a browser may allow no storage. Then a reload forgets.
let memory = null;

function keep(purchase) {
  memory = purchase;
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(purchase));
  } catch {}
}

function keptPurchase() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT));
  } catch {
    return memory;
  }
}

function forget() {
  memory = null;
  try {
    sessionStorage.removeItem(KEPT);
  } catch {}
}
