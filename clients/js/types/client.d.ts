/**
 * Returns the calls of the service.
 *
 * @param {object} given
 * @param {string} given.service its address, like https://stars.example.com
 * @param {Identity | (() => Identity)} given.identity the headers that say who buys
 */
export function createClient({ service, identity }: {
    service: string;
    identity: Identity | (() => Identity);
}): {
    /**
     * What is for sale.
     * @returns {Promise<Item[]>}
     */
    items(): Promise<Item[]>;
    /**
     * Makes an invoice, or returns the one that this `purchase_id` has.
     * @param {InvoiceRequest} order
     * @returns {Promise<Invoice>}
     */
    invoice(order: InvoiceRequest): Promise<Invoice>;
    /**
     * Completes a purchase in the mock. In live mode it completes nothing: read its `status`.
     * @param {PurchaseRequest} order
     * @returns {Promise<Purchase>}
     */
    complete(order: PurchaseRequest): Promise<Purchase>;
    /**
     * A purchase as it stands, and in how many seconds to look again.
     * @param {string} purchaseId
     * @returns {Promise<{ purchase: Purchase, retryAfter: number }>}
     */
    look(purchaseId: string): Promise<{
        purchase: Purchase;
        retryAfter: number;
    }>;
    /**
     * What happened to a purchase, oldest first.
     * @param {string} purchaseId
     * @returns {Promise<PurchaseEvent[]>}
     */
    events(purchaseId: string): Promise<PurchaseEvent[]>;
};
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
    constructor(message: string, told?: {
        code?: string | undefined;
        status?: number | undefined;
        retryAfter?: number | undefined;
        requestId?: string | undefined;
        mismatched?: string[] | undefined;
        cause?: unknown;
    });
    code: string | undefined;
    status: number;
    retryAfter: number;
    requestId: string | undefined;
    mismatched: string[];
}
export type InvoiceRequest = import("../types/api.js").InvoiceRequest;
export type Invoice = import("../types/api.js").InvoiceAnswer;
export type PurchaseRequest = import("../types/api.js").PurchaseRequest;
export type Purchase = import("../types/api.js").PurchaseAnswer;
export type PurchaseEvent = import("../types/api.js").EventAnswer;
export type Item = import("../types/api.js").ItemAnswer;
export type Identity = Record<string, string>;
export type Client = ReturnType<typeof createClient>;
