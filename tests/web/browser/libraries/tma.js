// A front end made with @tma.js/sdk.
import { init, invoice } from "@tma.js/sdk";

window.pay = (url) => {
  init();
  return invoice.openUrl(url);
};
