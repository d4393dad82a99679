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
export function verifyNotification({ body, headers, secret, now }: {
    body: string;
    headers: Headers | Record<string, string | string[] | undefined>;
    secret: string;
    now?: number | undefined;
}): Promise<Omit<Message, "id">>;
/** Somebody else sent it, or it was changed or kept back on its way. */
export class NotGenuine extends Error {
    /** @param {string} message */
    constructor(message: string);
}
export type Message = import("../types/api.js").MessageAnswer;
