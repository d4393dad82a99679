// All there is: the calls, a shop that buys by them, and the verifier of notifications.
export { createClient, StarsError } from "./client.js";
export { createShop } from "./shop.js";
export { NotGenuine, verifyNotification } from "./notifications.js";
