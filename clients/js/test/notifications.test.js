// Notifications: what is genuine is returned, and nothing else. The signature is Python's.
import assert from "node:assert/strict";
import { test } from "node:test";

import { NotGenuine, verifyNotification } from "../src/index.js";

const SIGNED = {
  secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
  body: '{"type": "purchase.succeeded", "data": {"purchase_id": "меч-1"}}',
  headers: {
    "webhook-id": "evt_2",
    "webhook-timestamp": "1769860804",
    "webhook-signature": "v1,S1Di7DJToThmd9Ild3kl4diFbrlpGUifuzLVn9pvxVo=",
  },
  now: 1769860804000,
};

test("what is genuine is returned, whatever the headers are in", async () => {
  const rotated = `v1,AAAA v2,x ${SIGNED.headers["webhook-signature"]}`;
  const headers = { ...SIGNED.headers, "webhook-signature": rotated };
  for (const given of [SIGNED.headers, new Headers(SIGNED.headers), headers]) {
    const message = await verifyNotification({ ...SIGNED, headers: given });
    assert.equal(message.type, "purchase.succeeded");
  }
});

const WRONG = {
  "another body": { body: SIGNED.body.replace("-1", "-2") },
  "another secret": { secret: "whsec_AAAA" },
  "too old": { now: SIGNED.now + 301_000 },
  "of the future": { now: SIGNED.now - 301_000 },
  "another id": { headers: { ...SIGNED.headers, "webhook-id": "evt_3" } },
  "no signature": { headers: { ...SIGNED.headers, "webhook-signature": undefined } },
  "no base64": { headers: { ...SIGNED.headers, "webhook-signature": "v1,?? v1" } },
  "no number": { headers: { ...SIGNED.headers, "webhook-timestamp": "now" } },
};
for (const [name, wrong] of Object.entries(WRONG)) {
  test(`not genuine: ${name}`, async () => {
    await assert.rejects(verifyNotification({ ...SIGNED, ...wrong }), NotGenuine);
  });
}

test("a secret that is none is the caller's mistake", async () => {
  await assert.rejects(verifyNotification({ ...SIGNED, secret: "secret" }), TypeError);
});
