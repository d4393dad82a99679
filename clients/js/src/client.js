// The calls of the service, typed. Each asks once: whether to ask again is the caller's to say.

/**
 * @typedef {import("../types/api.js").InvoiceRequest} InvoiceRequest
 * @typedef {import("../types/api.js").InvoiceAnswer} Invoice
 * @typedef {import("../types/api.js").PurchaseRequest} PurchaseRequest
 * @typedef {import("../types/api.js").PurchaseAnswer} Purchase
 * @typedef {import("../types/api.js").EventAnswer} PurchaseEvent
 * @typedef {import("../types/api.js").ItemAnswer} Item
 * @typedef {Record<string, string>} Identity
 * @typedef {ReturnType<typeof createClient>} Client
 */

const PATIENCE = 10_000; // milliseconds for one answer

/** A refusal, or no answer at all. */
export class StarsError extends Error {
  /**
   * @param {string} message for a developer, not for a buyer
   * @param {object} [told]
   * @param {string} [told.code] what to switch on, like `purchase_conflict`; none without an answer
   * @param {number} [told.status] of HTTP; 0 without an answer
   * @param {number} [told.retryAfter] seconds after which the same call may succeed; 0: it will not
   * @param {string} [told.requestId] to quote when asking for help
   * @param {string[]} [told.mismatched] what differs from the purchase that has this id
   * @param {unknown} [told.cause]
   */
  constructor(message, told = {}) {
    super(message, { cause: told.cause });
    this.name = "StarsError";
    this.code = told.code;
    this.status = told.status ?? 0;
    this.retryAfter = told.retryAfter ?? 0;
    this.requestId = told.requestId;
    this.mismatched = told.mismatched ?? [];
  }
}

/**
 * Returns the calls of the service.
 *
 * @param {object} given
 * @param {string} given.service its address, like https://stars.example.com
 * @param {Identity | (() => Identity)} given.identity the headers that say who buys
 */
export function createClient({ service, identity }) {
  const base = `${service.replace(/\/$/, "")}/api/v1`;

  /**
   * @param {"GET" | "POST"} method
   * @param {string} path
   * @param {object} [body]
   */
  async function call(method, path, body) {
    const who = typeof identity === "function" ? identity() : identity;
    const headers = body ? { ...who, "Content-Type": "application/json" } : who;
    const sent = body && JSON.stringify(body);
    const signal = AbortSignal.timeout(PATIENCE);
    let answer;
    try {
      answer = await fetch(`${base}${path}`, { method, headers, body: sent, signal });
    } catch (cause) {
      throw new StarsError("There is no connection.", { cause, retryAfter: 1 });
    }
    const document = await answer.json().catch(() => ({}));
    if (!answer.ok) throw refusal(answer, document);
    return { document, retryAfter: seconds(answer) };
  }

  return {
    /**
     * What is for sale.
     * @returns {Promise<Item[]>}
     */
    async items() {
      return (await call("GET", "/items")).document.items;
    },

    /**
     * Makes an invoice, or returns the one that this `purchase_id` has.
     * @param {InvoiceRequest} order
     * @returns {Promise<Invoice>}
     */
    async invoice(order) {
      return (await call("POST", "/purchase/invoice", order)).document;
    },

    /**
     * Completes a purchase in the mock. In live mode it completes nothing: read its `status`.
     * @param {PurchaseRequest} order
     * @returns {Promise<Purchase>}
     */
    async complete(order) {
      return (await call("POST", "/purchase", order)).document;
    },

    /**
     * A purchase as it stands, and in how many seconds to look again.
     * @param {string} purchaseId
     * @returns {Promise<{ purchase: Purchase, retryAfter: number }>}
     */
    async look(purchaseId) {
      const { document, retryAfter } = await call("GET", `/purchase/${purchaseId}`);
      return { purchase: document, retryAfter };
    },

    /**
     * What happened to a purchase, oldest first.
     * @param {string} purchaseId
     * @returns {Promise<PurchaseEvent[]>}
     */
    async events(purchaseId) {
      return (await call("GET", `/purchase/${purchaseId}/events`)).document;
    },
  };
}

/**
 * @param {Response} answer
 * @param {Partial<import("../types/api.js").Problem>} problem
 */
function refusal(answer, problem) {
  const isTemporary = answer.status >= 500;
  return new StarsError(problem.detail ?? `The service answered ${answer.status}.`, {
    code: problem.error,
    status: answer.status,
    retryAfter: isTemporary ? seconds(answer) || 1 : 0,
    requestId: problem.request_id,
    mismatched: problem.mismatched,
  });
}

/** @param {Response} answer */
function seconds(answer) {
  return Number(answer.headers.get("Retry-After") ?? 0) || 0;
}
