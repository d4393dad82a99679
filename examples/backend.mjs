// A shop's backend in Node: it hands out exactly once what was paid, and says so.
//
//   npm install standardwebhooks
//   STARS=http://127.0.0.1:8000 STARS_KEY=sk_mock_... WEBHOOK_SECRET=whsec_... node backend.mjs

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const { STARS, STARS_KEY, WEBHOOK_SECRET, PORT = "9000", SHOP_DB = "shop.txt" } = process.env;
const webhook = new Webhook(WEBHOOK_SECRET);

// What was handed out, one purchase a line: written before it counts, read again at start.
const goods = new Set(existsSync(SHOP_DB) ? readFileSync(SHOP_DB, "utf8").split("\n") : []);

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  response.statusCode = await beTold(Buffer.concat(chunks).toString(), request.headers);
  response.end();
}).listen(Number(PORT), "127.0.0.1");

// Takes a notification. It may come twice or late: what counts is in the shop's own file.
async function beTold(body, headers) {
  let message;
  try {
    message = webhook.verify(body, headers);
  } catch {
    return 401; // not signed by the service
  }
  try {
    if (message.type === "purchase.succeeded") await handOut(message.data);
    return 204;
  } catch (error) {
    console.error(error);
    return 503; // the service tells it again
  }
}

// Gives the item once. The service is told first: it refuses a purchase whose Stars went back, and
// refunds none that was handed out.
async function handOut(event) {
  const answer = await fetch(`${STARS}/api/v1/purchases/${event.purchase_id}/fulfil`, {
    method: "POST",
    headers: { Authorization: `Bearer ${STARS_KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify({ reference: event.purchase_id }),
    signal: AbortSignal.timeout(15_000),
  });
  if (answer.status === 409) return;
  if (!answer.ok) throw new Error(`fulfil answered ${answer.status}`);
  if (goods.has(event.purchase_id)) return;
  appendFileSync(SHOP_DB, `${event.purchase_id}\n`);
  goods.add(event.purchase_id);
}
