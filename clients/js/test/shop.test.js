// Buying: one purchase whatever the connection and Telegram's client do.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { createClient, createShop, StarsError } from "../src/index.js";

const SWORD = { item_id: "golden-sword", price_stars: 50 };
const realFetch = globalThis.fetch;
let asked; // the bodies that asked for an invoice
let purchase; // as the service has it
let time; // milliseconds that were waited
let lose; // what the connection does to a request: "before" or "after" it arrived, or nothing

function answer(document, status = 200, headers = {}) {
  return new Response(JSON.stringify(document), { status, headers });
}

// A service with one purchase.
async function serve(address, { method, body }) {
  const lost = lose(method);
  if (lost === "before") throw new TypeError("fetch failed");
  if (method === "POST") {
    asked.push(JSON.parse(body));
    purchase ??= { ...asked[0], status: "pending" };
  }
  if (lost === "after") throw new TypeError("fetch failed");
  return answer({ ...purchase, pay_url: "https://t.me/$slug" });
}

function createStorage() {
  const kept = new Map();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
  };
}

function open({ openInvoice, storage = createStorage(), meanwhile = () => {}, say }) {
  const client = createClient({ service: "https://stars.example/", identity: {} });
  const pause = async (milliseconds) => {
    time += milliseconds;
    meanwhile();
  };
  return createShop({ client, openInvoice, say, storage, clock: { now: () => time, pause } });
}

beforeEach(() => {
  [asked, purchase, time, lose] = [[], null, 0, () => null];
  globalThis.fetch = serve;
});

afterEach(() => {
  globalThis.fetch = realFetch;
});

const pay = () => {
  if (purchase) purchase.status = "succeeded";
};

for (const said of ["paid", "cancelled", "failed", "pending"]) {
  test(`what was paid is succeeded though the client says ${said}`, async () => {
    const shop = open({ openInvoice: (_, callback) => callback(said), meanwhile: pay });
    const ended = await shop.buy(SWORD);
    assert.deepEqual([ended.purchase.status, ended.said], ["succeeded", said]);
  });
}

test("what was paid is succeeded though the client says nothing", async () => {
  const ended = await open({ openInvoice: () => {}, meanwhile: pay }).buy(SWORD);
  assert.deepEqual([ended.purchase.status, ended.said], ["succeeded", "nothing"]);
});

test("the client may say both: the last word counts as the hint", async () => {
  const openInvoice = (_, callback) => ["cancelled", "paid"].forEach(callback);
  const ended = await open({ openInvoice, meanwhile: pay }).buy(SWORD);
  assert.deepEqual([ended.purchase.status, ended.said], ["succeeded", "paid"]);
});

test("a library may return a promise of the status, or reject", async () => {
  const paid = open({ openInvoice: async () => "paid", meanwhile: pay });
  assert.equal((await paid.buy(SWORD)).said, "paid");
  purchase = null;
  const refused = open({ openInvoice: () => Promise.reject(new Error("no client")) });
  const ended = await refused.buy(SWORD);
  assert.deepEqual([ended.purchase.status, ended.said], ["pending", "cancelled"]);
});

test("what is left unpaid is given up after seconds, and the next try is the same one", async () => {
  const shop = open({ openInvoice: (_, callback) => callback("cancelled") });
  assert.equal((await shop.buy(SWORD)).purchase.status, "pending");
  assert.ok(time >= 5_000 && time < 10_000, `${time} ms`);
  await shop.buy(SWORD);
  assert.equal(asked[0].purchase_id, asked[1].purchase_id);
});

test("after one has ended the next is another purchase", async () => {
  const shop = open({ openInvoice: () => {}, meanwhile: pay });
  await shop.buy(SWORD);
  purchase = null;
  await shop.buy(SWORD);
  assert.notEqual(asked[0].purchase_id, asked[1].purchase_id);
});

for (const lost of ["before", "after"]) {
  test(`a request that is lost ${lost} it arrived is sent again with the same id`, async () => {
    let times = 2;
    lose = (method) => (method === "POST" && times-- > 0 ? lost : null);
    const states = [];
    const say = (state) => states.push(state);
    await open({ openInvoice: () => {}, meanwhile: pay, say }).buy(SWORD);
    assert.equal(new Set(asked.map((order) => order.purchase_id)).size, 1);
    assert.deepEqual(states, ["invoice", "offline", "offline", "waiting"]);
  });
}

test("a double click buys once", async () => {
  const shop = open({ openInvoice: () => {}, meanwhile: pay });
  const [first, second] = await Promise.all([shop.buy(SWORD), shop.buy(SWORD)]);
  assert.equal(first.purchase.status, "succeeded");
  assert.equal(second, null);
});

test("a reload goes on with the same purchase", async () => {
  const storage = createStorage();
  lose = (method) => (method === "GET" ? "before" : null);
  await assert.rejects(open({ openInvoice: () => {}, storage }).buy(SWORD), StarsError);
  lose = () => null;
  pay();
  const ended = await open({ openInvoice: () => {}, storage }).resume();
  assert.equal(ended.purchase.purchase_id, asked[0].purchase_id);
  assert.equal(await open({ openInvoice: () => {}, storage }).resume(), null);
});

test("a refusal is told, and the next try is another purchase", async () => {
  const shop = open({ openInvoice: () => {}, meanwhile: pay });
  const refused = { error: "purchase_conflict", detail: "No.", request_id: "r", mismatched: ["x"] };
  globalThis.fetch = async (_, { body }) => {
    asked.push(JSON.parse(body));
    return answer(refused, 409);
  };
  await assert.rejects(shop.buy(SWORD), { code: "purchase_conflict", status: 409, requestId: "r" });
  globalThis.fetch = serve;
  await shop.buy(SWORD);
  assert.notEqual(asked[0].purchase_id, asked[1].purchase_id);
});

test("what the service hints at is waited", async () => {
  const hints = [answer({ error: "busy" }, 503, { "Retry-After": "7" })];
  globalThis.fetch = async (...all) => hints.pop() ?? serve(...all);
  await open({ openInvoice: () => {}, meanwhile: pay }).buy(SWORD);
  assert.ok(time >= 7_000, `${time} ms`);
});
