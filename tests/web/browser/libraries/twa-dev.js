// A front end made with @twa-dev/sdk, which brings Telegram's own script.
import WebApp from "@twa-dev/sdk";

window.pay = (url) => new Promise((resume) => WebApp.openInvoice(url, resume));
