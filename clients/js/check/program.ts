// What a program in TypeScript may rely on: this is compiled, never run.
import { createClient, createShop, StarsError, verifyNotification } from "../src/index.js";

const client = createClient({ service: "https://stars.example", identity: () => ({}) });
const shop = createShop({ client, openInvoice: (url, callback) => callback(url) });
const ended = await shop.buy({ item_id: "sword", price_stars: 50, metadata: { campaign: "spring" } });
const status: "pending" | "succeeded" | "failed" | "refunded" | undefined = ended?.purchase.status;
const price: number | undefined = (await client.items())[0]?.price_stars;
const message = await verifyNotification({ body: "", headers: new Headers(), secret: "whsec_x" });
const type: string = message.type;
export const all = [status, price, type, new StarsError("").retryAfter];

// @ts-expect-error a price is a number
await shop.buy({ item_id: "sword", price_stars: "50" });
// @ts-expect-error the id is made by the shop
await shop.buy({ item_id: "sword", price_stars: 50, purchase_id: "mine" });
