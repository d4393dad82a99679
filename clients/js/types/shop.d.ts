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
export function createShop({ client, openInvoice, say, storage, clock }: {
    client: import("./client.js").Client;
    openInvoice: (url: string, callback: (status: string) => void) => unknown;
    say?: ((state: State) => void) | undefined;
    storage?: Storage | undefined;
    clock?: {
        now: () => number;
        pause: (milliseconds: number) => Promise<unknown>;
    } | undefined;
}): {
    buy: (order: Order) => Promise<Outcome | null>;
    resume: () => Promise<Outcome | null>;
};
export type Purchase = import("./client.js").Purchase;
export type Order = Omit<import("./client.js").InvoiceRequest, "purchase_id">;
export type State = "invoice" | "waiting" | "offline";
export type Sheet = {
    said: string;
    since: number;
};
export type Kept = {
    purchase_id: string;
    item_id: string;
};
export type Outcome = {
    purchase: Purchase;
    said: string;
};
