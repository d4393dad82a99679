// Verifies what the service tells a shop's server: Standard Webhooks 1.0.0, by WebCrypto alone.

/** @typedef {import("../types/api.js").MessageAnswer} Message */

const TOLERANCE = 300; // seconds, as the standard has it: an older request may be a replay
const PREFIX = "whsec_";

/** Somebody else sent it, or it was changed or kept back on its way. */
export class NotGenuine extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "NotGenuine";
  }
}

/**
 * Returns the notification that a request has in its body. Rejects with NotGenuine.
 *
 * @param {object} request
 * @param {string} request.body exactly as it came: parsed and written again it is another
 * @param {Headers | Record<string, string | string[] | undefined>} request.headers
 * @param {string} request.secret of the endpoint, `whsec_...`
 * @param {number} [request.now] milliseconds since 1970
 * @returns {Promise<Omit<Message, "id">>}
 */
export async function verifyNotification({ body, headers, secret, now = Date.now() }) {
  const id = header(headers, "webhook-id");
  const timestamp = header(headers, "webhook-timestamp");
  const signatures = header(headers, "webhook-signature");
  const isRecent = Math.abs(now / 1000 - Number(timestamp)) <= TOLERANCE;
  if (!isRecent) throw new NotGenuine("The timestamp is not of now.");
  const key = await readSecret(secret);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const signature of signatures.split(" ")) {
    const bytes = signature.startsWith("v1,") ? decode(signature.slice(3)) : null;
    if (bytes && (await crypto.subtle.verify("HMAC", key, bytes, signed))) return JSON.parse(body);
  }
  throw new NotGenuine("No signature fits.");
}

/**
 * @param {Headers | Record<string, string | string[] | undefined>} headers
 * @param {string} name
 */
function header(headers, name) {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof value !== "string" || !value) throw new NotGenuine(`There is no ${name}.`);
  return value;
}

/** @param {string} secret */
function readSecret(secret) {
  const bytes = secret.startsWith(PREFIX) ? decode(secret.slice(PREFIX.length)) : null;
  if (!bytes?.length) throw new TypeError(`A secret begins with ${PREFIX}.`);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

/** @param {string} base64 */
function decode(base64) {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
