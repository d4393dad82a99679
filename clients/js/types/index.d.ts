export { createShop } from "./shop.js";
export { createClient, StarsError } from "./client.js";
export { NotGenuine, verifyNotification } from "./notifications.js";
