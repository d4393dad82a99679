// A front end made with @telegram-apps/sdk, which tma.js was called before.
import { init, invoice } from "@telegram-apps/sdk";

window.pay = (url) => {
  init();
  return invoice.open(url, "url");
};
