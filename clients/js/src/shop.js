// The right way to buy, whether the service is the mock or live.
//
// * One purchase at a time. Its id is made here and kept until it has ended, so that a double click,
//   a lost answer or a reload is the same purchase again.
// * What Telegram's client says of an invoice is a hint. It has said `cancelled` and `failed` of
//   what was paid, and nothing at all. Only the service knows: it is asked whatever was said.

/**
 * @typedef {import("./client.js").Purchase} Purchase
 * @typedef {Omit<import("./client.js").InvoiceRequest, "purchase_id">} Order
 * @typedef {"invoice" | "waiting" | "offline"} State
 * @typedef {{ said: string, since: number }} Sheet
 * @typedef {{ purchase_id: string, item_id: string }} Kept
 * @typedef {{ purchase: Purchase, said: string }} Outcome
 */

import { StarsError } from "./client.js";

const KEPT = "stars-purchase";
const LOOK_EVERY = 1; // second, where the service does not hint at another time
const TRIES = 8; // about a minute without a connection

// Seconds for which a pending purchase is looked at after the client has said this. Paid, it is a
// matter of seconds.
/** @type {Record<string, number>} */
const LOOK_FOR = { paid: 120, pending: 120, cancelled: 5, failed: 5, nothing: 600 };

/**
 * Returns `buy(order)` and `resume()`. Both resolve to `{ purchase, said }` once the purchase has
 * ended or is given up as pending, and to null where there is nothing to do. They reject with a
 * StarsError, or with whatever openInvoice throws.
 *
 * @param {object} given
 * @param {import("./client.js").Client} given.client
 * @param {(url: string, callback: (status: string) => void) => unknown} given.openInvoice
 *   Telegram's, or a library's, which may return a promise of the status instead of calling back
 * @param {(state: State) => void} [given.say] is told what goes on
 * @param {Storage} [given.storage] where a purchase outlives a reload; sessionStorage by default
 * @param {{ now: () => number, pause: (milliseconds: number) => Promise<unknown> }} [given.clock]
 */
export function createShop({ client, openInvoice, say = () => {}, storage, clock = REAL_CLOCK }) {
  const keeper = createKeeper(storage);
  let busy = false;

  /**
   * @param {Order} order
   * @returns {Promise<Outcome | null>} null while another purchase goes on
   */
  function buy(order) {
    return alone(async () => {
      const kept = keeper.read();
      const purchase_id = kept?.item_id === order.item_id ? kept.purchase_id : newPurchaseId();
      keeper.keep({ purchase_id, item_id: order.item_id });
      say("invoice");
      const invoice = await insist(() => client.invoice({ ...order, purchase_id }));
      const sheet = { said: "nothing", since: clock.now() };
      if (invoice.status === "pending" && invoice.pay_url) open(invoice.pay_url, sheet);
      say("waiting");
      return settle(purchase_id, sheet);
    });
  }

  /**
   * What became of a purchase that a reload cut short.
   * @returns {Promise<Outcome | null>} null if there was none
   */
  async function resume() {
    const kept = keeper.read();
    if (!kept) return null;
    say("waiting");
    return alone(() => settle(kept.purchase_id, { said: "cancelled", since: clock.now() }));
  }

  /**
   * @param {string} url
   * @param {Sheet} sheet
   */
  function open(url, sheet) {
    /** @param {unknown} status */
    const hear = (status) => {
      if (typeof status === "string") Object.assign(sheet, { said: status, since: clock.now() });
    };
    // A library that rejects says no more than one that says nothing.
    Promise.resolve(openInvoice(url, hear)).then(hear, () => hear("cancelled"));
  }

  /** @param {() => Promise<Outcome>} act */
  async function alone(act) {
    if (busy) return null;
    busy = true;
    try {
      return await act();
    } catch (error) {
      // Refused for good: the next try is another purchase.
      if (error instanceof StarsError && !error.retryAfter) keeper.forget();
      throw error;
    } finally {
      busy = false;
    }
  }

  /**
   * @param {string} purchaseId
   * @param {Sheet} sheet
   * @returns {Promise<Outcome>}
   */
  async function settle(purchaseId, sheet) {
    while (true) {
      const { purchase, retryAfter } = await insist(() => client.look(purchaseId));
      if (purchase.status !== "pending") {
        keeper.forget();
        return { purchase, said: sheet.said };
      }
      const seconds = LOOK_FOR[sheet.said] ?? LOOK_FOR.nothing;
      if (clock.now() > sheet.since + seconds * 1000) return { purchase, said: sheet.said };
      await clock.pause((retryAfter || LOOK_EVERY) * 1000);
    }
  }

  /**
   * Asks again, with the same purchase_id, while nobody can tell what became of it.
   * @template T
   * @param {() => Promise<T>} ask
   * @returns {Promise<T>}
   */
  async function insist(ask) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await ask();
      } catch (error) {
        const retryAfter = error instanceof StarsError ? error.retryAfter : 0;
        if (!retryAfter || tries === TRIES) throw error;
        say("offline");
        await clock.pause(Math.max(retryAfter, tries) * 1000);
      }
    }
  }

  return { buy, resume };
}

const REAL_CLOCK = {
  now: () => Date.now(),
  /** @param {number} milliseconds */
  pause: (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds)),
};

function newPurchaseId() {
  // Not randomUUID: a page without https has none.
  const random = crypto.getRandomValues(new Uint32Array(4));
  return [...random].map((number) => number.toString(36)).join("-");
}

/**
 * Keeps the purchase that goes on. Inside Telegram's web client a browser may allow no storage:
 * then a reload forgets.
 * @param {Storage} [given]
 */
function createKeeper(given) {
  /** @type {Kept | null} */
  let memory = null;

  /** @template T @param {(storage: Storage) => T} act */
  function stored(act) {
    try {
      return act(given ?? sessionStorage);
    } catch {
      return undefined;
    }
  }

  return {
    /** @returns {Kept | null} */
    read: () => stored((storage) => JSON.parse(storage.getItem(KEPT) ?? "null")) ?? memory,
    /** @param {Kept} purchase */
    keep(purchase) {
      memory = purchase;
      stored((storage) => storage.setItem(KEPT, JSON.stringify(purchase)));
    },
    forget() {
      memory = null;
      stored((storage) => storage.removeItem(KEPT));
    },
  };
}
